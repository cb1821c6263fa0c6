"""A first attempt at a Sudoku solver."""


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
    cells = [(row, column) for row in range(size) for column in range(size)]
    grid = {(row, column): board[row][column] for row, column in cells}

    def block(row, column):
        return row // width * width + column // width

    def related(one, other):
        return one[0] == other[0] or one[1] == other[1] or block(*one) == block(*other)

    peers = {cell: [other for other in cells if related(cell, other)] for cell in cells}

    def options(cell):
        taken = {grid[peer] for peer in peers[cell]}
        return [value for value in range(1, size + 1) if value not in taken]

    def search():
        empty = [cell for cell in cells if grid[cell] == 0]
        if not empty:
            return True
        cell = min(empty, key=lambda cell: len(options(cell)))
        for value in options(cell):
            grid[cell] = value
            if search():
                return True
        grid[cell] = 0
        return False

    search()
    return [[grid[row, column] for column in range(size)] for row in range(size)]
