"""A first attempt at a Sudoku solver."""

from collections import defaultdict


def solve_sudoku(board: list[list[int]], width: int, height: int) -> list[list[int]]:
    """Solve a Sudoku whose blocks may be any rectangle.

    Every row, every column and every block of the solution holds each of the values
    1 ... width * height once. The blocks tile the grid, beginning at board[0][0].

    Args:
        board: Rows of the grid, `width * height` rows with as many values each; 0 marks an empty
            cell.
        width: Columns of a block.
        height: Rows of a block.

    Returns:
        The solved grid, as a list of rows. The cells that were given keep their values.
    """
    size = width * height
    grid = [list(row) for row in board]
    rows, columns, blocks = defaultdict(set), defaultdict(set), defaultdict(set)

    def units(row, column):
        block = row // width * width + column // width
        return rows[row], columns[column], blocks[block]

    def options(row, column):
        taken = set().union(*units(row, column))
        return [value for value in range(1, size + 1) if value not in taken]

    def search():
        empty = [
            (row, column) for row in range(size) for column in range(size) if not grid[row][column]
        ]
        if not empty:
            return True
        row, column = min(empty, key=lambda cell: len(options(*cell)))
        for value in options(row, column):
            grid[row][column] = value
            for unit in units(row, column):
                unit.add(value)
            if search():
                return True
            for unit in units(row, column):
                unit.remove(value)
        grid[row][column] = 0
        return False

    for row in range(size):
        for column in range(size):
            if grid[row][column]:
                for unit in units(row, column):
                    unit.add(grid[row][column])
    search()
    return grid
