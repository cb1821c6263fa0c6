"""A Sudoku solver: propagation and depth-first search on bit masks. It proves uniqueness.

Inside, a grid is a flat list of cells; cell `row * side + column` holds a mask with one bit for its
value, 0 if empty. Rows, columns and blocks are all called units.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

Board = list[list[int]]

MAX_SIDE = 64  # far above the 25 of 5 x 5 blocks, and far below what would exhaust memory


def solve(board: Board, width: int, height: int) -> Board | None:
    """The first solution found, or None if there is none.

    Raises:
        ValueError: The board doesn't fit the shape.
    """
    return next(solutions(board, width, height), None)


def count_solutions(board: Board, width: int, height: int, *, limit: int = 2) -> int:
    """Number of solutions, counted up to `limit`: 1 proves that a puzzle has exactly one.

    Raises:
        ValueError: The board doesn't fit the shape.
    """
    return sum(1 for _ in islice(solutions(board, width, height), limit))


def solutions(board: Board, width: int, height: int) -> Iterator[Board]:
    """All solutions, each once, by propagation and guesses at the most constrained cell.

    Raises:
        ValueError: The board doesn't fit the shape.
    """
    cells = [1 << value >> 1 for value in read_cells(board, width, height)]
    return (
        to_board([mask.bit_length() for mask in solved], width * height)
        for solved in search(cells, width, height)
    )


class OutOfNodesError(Exception):
    """The search was cut off."""


def search(
    cells: list[int], width: int, height: int, *, nodes: int | None = None
) -> Iterator[list[int]]:
    """All completions of a flat grid of masks.

    Args:
        cells: Masks, one per cell; not changed.
        width: Columns of a block.
        height: Rows of a block.
        nodes: Guesses at the most; None for no bound.

    Raises:
        OutOfNodesError: The bound was reached.
    """
    units, homes = units_of(width, height), homes_of(width, height)
    full = (1 << width * height) - 1
    stack = [list(cells)]
    while stack:
        if nodes is not None:
            if nodes == 0:
                raise OutOfNodesError
            nodes -= 1
        cells = stack.pop()
        used = _used(cells, units)
        if used is None or not _propagate(cells, used, full, units, homes):
            continue
        options = [
            (full & ~(used[a] | used[b] | used[c]), cell)
            for cell, (a, b, c) in enumerate(homes)
            if not cells[cell]
        ]
        if not options:
            yield cells
            continue
        mask, cell = min(options, key=lambda option: option[0].bit_count())
        while mask:
            child = list(cells)
            child[cell] = mask & -mask
            mask &= mask - 1
            stack.append(child)


def _used(cells: list[int], units: tuple[tuple[int, ...], ...]) -> list[int] | None:
    """Values that occur in each unit; None if one occurs twice."""
    used = []
    for unit in units:
        mask = 0
        for cell in unit:
            if mask & cells[cell]:
                return None
            mask |= cells[cell]
        used.append(mask)
    return used


def _propagate(
    cells: list[int],
    used: list[int],
    full: int,
    units: tuple[tuple[int, ...], ...],
    homes: tuple[tuple[int, int, int], ...],
) -> bool:
    """Fill in place what is forced: cells with one value left, values with one cell left.

    Returns:
        False if the grid has no completion: a cell without a value, or a value without a cell.
    """

    def put(cell: int, bit: int) -> None:
        cells[cell] = bit
        for home in homes[cell]:
            used[home] |= bit

    changed = True
    while changed:
        changed = False
        for index, unit in enumerate(units):
            once = twice = 0
            for cell in unit:
                if cells[cell]:
                    continue
                a, b, c = homes[cell]
                mask = full & ~(used[a] | used[b] | used[c])
                if not mask:
                    return False
                if mask & (mask - 1) == 0:
                    put(cell, mask)
                    changed = True
                else:
                    twice |= once & mask
                    once |= mask
            if full & ~(once | used[index]):
                return False
            hidden = once & ~twice & ~used[index]
            for cell in unit if hidden else ():
                if cells[cell]:
                    continue
                a, b, c = homes[cell]
                mask = hidden & ~(used[a] | used[b] | used[c])
                if mask & (mask - 1):
                    return False
                if mask:
                    put(cell, mask)
                    changed = True
    return True


@lru_cache(maxsize=64)
def units_of(width: int, height: int) -> tuple[tuple[int, ...], ...]:
    """Cells of all rows, then all columns, then all blocks; a cell is `row * side + column`."""
    n = width * height
    rows = [[row * n + column for column in range(n)] for row in range(n)]
    columns = [[row * n + column for row in range(n)] for column in range(n)]
    blocks = [
        [
            row * n + column
            for row in range(top, top + height)
            for column in range(left, left + width)
        ]
        for top in range(0, n, height)
        for left in range(0, n, width)
    ]
    return tuple(map(tuple, rows + columns + blocks))


@lru_cache(maxsize=64)
def homes_of(width: int, height: int) -> tuple[tuple[int, int, int], ...]:
    """For each cell the indices in `_units` of its row, its column and its block."""
    homes: list[list[int]] = [[] for _ in range((width * height) ** 2)]
    for index, unit in enumerate(units_of(width, height)):
        for cell in unit:
            homes[cell].append(index)
    return tuple((row, column, block) for row, column, block in homes)


def check_shape(width: int, height: int) -> None:
    """Raise ValueError unless blocks of this shape can be dealt with."""
    if width < 1 or height < 1 or width * height > MAX_SIDE:
        raise ValueError(
            f"blocks must be at least 1 x 1 and have at most {MAX_SIDE} cells, but got "
            f"{width} x {height}."
        )


def read_cells(board: Board, width: int, height: int) -> list[int]:
    """The values of a board as a flat list.

    Raises:
        ValueError: The board doesn't fit the shape, or holds something else than values.
    """
    check_shape(width, height)
    n = width * height
    if len(board) != n or any(len(row) != n for row in board):
        raise ValueError(
            f"with blocks of {width} x {height} the board must have {n} rows of {n} values."
        )
    cells = [value for row in board for value in row]
    if not all(isinstance(value, int) and 0 <= value <= n for value in cells):
        raise ValueError(f"the values of the board must be whole numbers from 0 (empty) to {n}.")
    return cells


def to_board(cells: list[int], n: int) -> Board:
    """Rows of `n` values each."""
    return [cells[start : start + n] for start in range(0, n * n, n)]
