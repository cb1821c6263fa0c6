"""Sudoku with blocks of any shape: training repairs a solver that takes all blocks for squares."""

from pathlib import Path

from puzzles import generate_many

import langprop as lp

SMALL = [(2, 2), (3, 2), (2, 3), (4, 2), (2, 4), (3, 3)]  # width and height of the blocks
UNSEEN = [(5, 2), (2, 5), (4, 3), (3, 4), (4, 4)]


class Sudoku(lp.Module):
    """Judges a solver by the rules of the puzzle; there are no solutions to compare with."""

    entry_point = "solve_sudoku"
    seeds = ((Path(__file__).parent / "seed.py").read_text(),)  # its signature specifies the task

    def preprocess(self, puzzle):
        """The label is the puzzle itself."""
        return (puzzle.board, puzzle.width, puzzle.height), puzzle

    def score(self, solution, puzzle):
        """1 for a solved board; otherwise at most 1/4, the more rules are kept."""
        # Otherwise to ignore the blocks would nearly be enough.
        faults = puzzle.violations(solution, limit=8)
        value = puzzle.share_satisfied(solution) / 4 if faults else 1.0
        return lp.Score(value, "\n".join(faults) or "Solved.")


module = Sudoku()
train, val = (generate_many(SMALL, 12, seed, givens=0.32) for seed in (0, 1))  # some are hard
test = generate_many(UNSEEN, 10, 2, givens=0.45)

if __name__ == "__main__":
    limits = lp.Limits(time=0.25, failures=1)
    stop = lp.EarlyStopping("val/score", target=1.0)
    trainer = lp.Trainer(max_epochs=None, max_time=180, limits=limits, callbacks=[stop])
    trainer.fit(module, train, val)
    print(module.source, f"shapes never seen: {trainer.test(module, test)}", sep="\n")
