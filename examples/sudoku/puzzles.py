"""Sudoku with blocks of any shape: judging answers, and making puzzles with one solution.

A puzzle has blocks that are `width` cells wide and `height` cells high. Its side is
`width * height`, which is also the highest value; 0 marks an empty cell. The usual Sudoku is 3 x 3.
Rows and columns count from 0, as in Python.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from solver import (
    Board,
    OutOfNodesError,
    check_shape,
    count_solutions,
    homes_of,
    read_cells,
    search,
    solve,
    to_board,
    units_of,
)

__all__ = ["Board", "Puzzle", "count_solutions", "generate", "generate_many", "solve"]


@dataclass(frozen=True)
class Puzzle:
    """What is given of a Sudoku, and the judge of answers: by the rules, not by a known solution.

    Attributes:
        board: Rows of the grid; 0 = empty.
        width: Columns of a block.
        height: Rows of a block.

    Raises:
        ValueError: The shape isn't positive, or the board doesn't fit it.
    """

    board: Board
    width: int
    height: int

    def __post_init__(self) -> None:
        read_cells(self.board, self.width, self.height)

    @property
    def _givens(self) -> list[int]:
        return [value for row in self.board for value in row]

    @property
    def side(self) -> int:
        """Cells in a row, a column and a block; the highest value."""
        return self.width * self.height

    def is_solved_by(self, solution: Any) -> bool:
        """Whether the answer is a complete, valid grid that keeps the givens. Never raises."""
        return not self.violations(solution)

    def share_satisfied(self, solution: Any) -> float:
        """How close the answer is: 1.0 if, and only if, it solves the puzzle. Never raises.

        The mean over all rows, columns and blocks of the share of the values 1 ... side that occur
        exactly once in it. A cell whose given was changed counts as empty. So there is nothing to
        gain from filling cells at random, or from solving another puzzle.

        Args:
            solution: Anything. What isn't a grid of the right shape, with whole numbers from 0
                (still empty) to side, scores 0.
        """
        grid = self._read(solution)
        if isinstance(grid, str):
            return 0.0
        n = self.side
        kept = [
            0 if given and value != given else value
            for given, value in zip(self._givens, grid, strict=True)
        ]
        once = 0
        for unit in units_of(self.width, self.height):
            values = [kept[cell] for cell in unit]
            once += sum(value > 0 and values.count(value) == 1 for value in values)
        return once / (3 * n * n)

    def violations(self, solution: Any, limit: int | None = None) -> list[str]:
        """What is wrong with an answer, in words; empty if it solves the puzzle. Never raises.

        Args:
            solution: Anything.
            limit: Sentences at the most, the last of which says how many were left out; None for
                all of them.
        """
        grid = self._read(solution)
        if isinstance(grid, str):
            return [grid]
        n = self.side
        found = []
        empty = grid.count(0)
        if empty:
            found.append(
                f"{empty} of the {n * n} cells {'is' if empty == 1 else 'are'} still empty."
            )
        for cell, (given, value) in enumerate(zip(self._givens, grid, strict=True)):
            if given and value != given:
                found.append(
                    f"board[{cell // n}][{cell % n}] was given as {given}, but is {value}."
                )
        for index, unit in enumerate(units_of(self.width, self.height)):
            values = [grid[cell] for cell in unit if grid[cell]]
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                found.append(f"{self._name(index)} holds {_listed(twice)} more than once.")
        if limit is not None and len(found) > limit:
            found[limit - 1 :] = [f"... and {len(found) - limit + 1} more faults."]
        return found

    def _read(self, solution: Any) -> list[int] | str:
        """The cells of an answer, row by row; or why it is no grid."""
        n = self.side
        wanted = f"the answer must be a list of {n} rows with {n} values each"
        rows = _as_list(solution)
        if rows is None:
            return f"{wanted}, but it is of type {type(solution).__name__}."
        if len(rows) != n:
            return f"{wanted}, but it has {len(rows)} rows."
        cells: list[int] = []
        for index, row in enumerate(rows):
            values = _as_list(row)
            if values is None:
                return f"{wanted}, but row {index} is of type {type(row).__name__}."
            if len(values) != n:
                return f"{wanted}, but row {index} has {len(values)} values."
            for column, value in enumerate(values):
                number = _as_number(value)
                if number is None or not 0 <= number <= n:
                    what = f"of type {type(value).__name__}" if number is None else "out of range"
                    return f"{wanted} from 1 to {n}, but the one at [{index}][{column}] is {what}."
                cells.append(number)
        return cells

    def _name(self, unit: int) -> str:
        n, kind, index = self.side, unit // self.side, unit % self.side
        if kind < 2:
            return f"{('row', 'column')[kind]} {index}"
        across = n // self.width
        top, left = index // across * self.height, index % across * self.width
        return (
            f"the block of {_span('row', top, self.height)} and {_span('column', left, self.width)}"
        )


def generate(
    width: int, height: int, seed: int | random.Random = 0, *, givens: float = 0.5
) -> Puzzle:
    """Make a puzzle with exactly one solution.

    Args:
        width: Columns of a block.
        height: Rows of a block.
        seed: Number, or a generator to draw from; the same seed gives the same puzzle.
        givens: Share of the cells to leave filled, in [0, 1]. More stay where taking one away would
            allow a second solution, or where proving that it doesn't would take long.

    Raises:
        ValueError: The shape isn't positive or too large, or `givens` is out of range.
    """
    check_shape(width, height)
    if not 0 <= givens <= 1:
        raise ValueError(f"givens must be a share between 0 and 1 inclusive, but got {givens!r}.")
    rng = seed if isinstance(seed, random.Random) else random.Random(seed)
    cells = _filled(width, height, rng)
    surplus = len(cells) - round(givens * len(cells))
    order = list(range(len(cells)))
    rng.shuffle(order)
    # A cheap rule does nearly all of the work; the search only looks at the cells that it leaves.
    hard = []
    for cell in order:
        if surplus <= 0:
            break
        if _is_implied(cells, cell, width, height):
            cells[cell] = 0
            surplus -= 1
        else:
            hard.append(cell)
    for cell in hard[: _PROOFS // len(cells)]:
        if surplus <= 0:
            break
        if _is_proven(cells, cell, width, height):
            cells[cell] = 0
            surplus -= 1
    return Puzzle(to_board(cells, width * height), width, height)


def generate_many(
    shapes: Sequence[tuple[int, int]],
    count: int,
    seed: int | random.Random = 0,
    *,
    givens: float = 0.5,
) -> list[Puzzle]:
    """Make puzzles of several shapes in turn that rows and columns alone don't decide.

    Easy puzzles have one solution even if the blocks are ignored; as training data they would
    reward scripts that ignore them. Where there is hardly another kind (many givens, or blocks that
    are rows or columns), they are taken nevertheless.

    Args:
        shapes: Width and height of the blocks.
        count: Number of puzzles.
        seed: Number, or a generator to draw from.
        givens: As in `generate`.

    Raises:
        ValueError: As in `generate`, or there are no shapes.
    """
    if not shapes:
        raise ValueError("shapes must name at least one block shape, such as [(3, 3)].")
    rng = seed if isinstance(seed, random.Random) else random.Random(seed)
    puzzles = []
    for width, height in islice(cycle(shapes), count):
        for _ in range(_TRIES):
            puzzle = generate(width, height, rng, givens=givens)
            # If the "blocks" are the rows, what is left of a Sudoku is a Latin square.
            if 1 in (width, height) or count_solutions(puzzle.board, puzzle.side, 1) > 1:
                break
        puzzles.append(puzzle)
    return puzzles


# Making puzzles

_TRIES = (
    50  # with many givens there may be no puzzle that needs its blocks; then the last one is taken
)
_PROOFS = 40_000  # removals to prove x cells of the grid: bounds the time alike on every machine
_NODES = 20  # guesses per proof; a removal that takes more to prove is left alone


def _filled(width: int, height: int, rng: random.Random) -> list[int]:
    """A complete grid: cyclic shifts; then values, bands, and lines within bands are shuffled.

    Much faster than a search for large grids; not all grids can occur.
    """
    n = width * height
    values = rng.sample(range(1, n + 1), n)
    rows = [
        band * height + row
        for band in rng.sample(range(width), width)
        for row in rng.sample(range(height), height)
    ]
    columns = [
        stack * width + column
        for stack in rng.sample(range(height), height)
        for column in rng.sample(range(width), width)
    ]
    # Row r is shifted by width * (r % height) + r // height: differently from all other rows, and
    # from those of its band by multiples of the width. So no column and no block repeats a value.
    return [values[(width * (r % height) + r // height + c) % n] for r in rows for c in columns]


def _is_implied(cells: list[int], cell: int, width: int, height: int) -> bool:
    """Whether the other filled cells force the value in one step (a naked or hidden single)."""
    units, homes = units_of(width, height), homes_of(width, height)
    value = cells[cell]
    seen = {cells[other] for unit in homes[cell] for other in units[unit] if other != cell}
    if len(seen - {0}) == width * height - 1:
        return True  # no other value is left for the cell

    def excluded(other: int) -> bool:
        return bool(cells[other]) or any(
            cells[third] == value for unit in homes[other] for third in units[unit] if third != cell
        )

    # Or: no other cell is left for the value, in the cell's row, column or block.
    return any(
        all(excluded(other) for other in units[unit] if other != cell) for unit in homes[cell]
    )


def _is_proven(cells: list[int], cell: int, width: int, height: int) -> bool:
    """Whether the solver proves, quickly, that no other value fits this cell."""
    masks = [1 << value >> 1 for value in cells]
    try:
        for value in range(1, width * height + 1):
            if value != cells[cell]:
                masks[cell] = 1 << value >> 1
                if next(search(masks, width, height, nodes=_NODES), None) is not None:
                    return False
    except OutOfNodesError:
        return False
    return True


# Reading answers


def _as_list(value: Any) -> list[Any] | None:
    """Lists, tuples and numpy arrays as lists; else None. Numpy isn't needed for that."""
    if isinstance(value, (list, tuple)):
        return list(value)
    if hasattr(value, "tolist"):
        value = value.tolist()
    return value if isinstance(value, list) else None


def _as_number(value: Any) -> int | None:
    """A whole number of any kind, numpy's too; else None. `True` is no number here."""
    if type(value).__name__ in ("bool", "bool_"):  # Python's, and numpy's by either of its names
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _span(what: str, start: int, length: int) -> str:
    return f"{what} {start}" if length == 1 else f"{what}s {start}-{start + length - 1}"


def _listed(values: list[int]) -> str:
    return ", ".join(map(str, values))
