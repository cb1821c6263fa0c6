"""The same task without the faulty solver to start from: for language models."""

from sudoku import Sudoku


class FromScratch(Sudoku):
    """Nothing but the signature and the docstring is given."""

    stub = Sudoku().stub
    seeds = ()


module = FromScratch()
