"""Puzzles of the Sudoku example: uniqueness, judging, determinism, and the planted fault."""

import importlib
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SUDOKU = Path(__file__).parents[2] / "examples" / "sudoku"
sys.path.insert(0, str(SUDOKU))  # as when `python sudoku.py` runs there
puzzles = importlib.import_module("puzzles")
solver = importlib.import_module("solver")

SHAPES = [(1, 1), (1, 5), (5, 1), (2, 2), (3, 2), (2, 3), (4, 2), (2, 4), (3, 3), (4, 3), (3, 4)]
EASY = puzzles.Puzzle([[1, 2, 0, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, 1]], 2, 2)
SOLVED = [[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, 1]]

GOLDEN = [
    [5, 0, 1, 3, 0, 0],
    [0, 0, 2, 0, 1, 0],
    [2, 0, 0, 0, 0, 1],
    [0, 4, 0, 5, 3, 0],
    [3, 0, 5, 2, 4, 0],
    [0, 0, 0, 0, 0, 0],
]

shapes = st.tuples(st.integers(1, 5), st.integers(1, 5)).filter(lambda wh: wh[0] * wh[1] <= 16)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.complex_numbers(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(), inner)
        | st.tuples(inner, inner)
        | st.sets(st.integers())
    ),
    max_leaves=8,
)


def givens(puzzle):
    return sum(value > 0 for row in puzzle.board for value in row)


# Solving


def put(board, row, column, value):
    line = [*board[row][:column], value, *board[row][column + 1 :]]
    return [*board[:row], line, *board[row + 1 :]]


def by_hand(board, width, height):
    """A second opinion: plain backtracking, cell by cell."""
    n = width * height
    for row in range(n):
        for column in range(n):
            if board[row][column]:
                continue
            top, left = row // height * height, column // width * width
            block = {
                board[r][c] for r in range(top, top + height) for c in range(left, left + width)
            }
            used = block | set(board[row]) | {line[column] for line in board}
            options = set(range(1, n + 1)) - used
            return sum(by_hand(put(board, row, column, v), width, height) for v in options)
    return 1


@pytest.mark.parametrize(
    ("width", "height", "known"),
    [(2, 2, 288), (1, 1, 1), (1, 3, 12), (3, 1, 12), (1, 4, 576), (4, 1, 576)],
)
def test_all_grids_of_a_small_shape_are_counted(width, height, known):
    # 288 Sudoku grids of side 4; Latin squares of order 3 and 4 where blocks are rows or columns.
    empty = [[0] * (width * height)] * (width * height)
    assert puzzles.count_solutions(empty, width, height, limit=1_000) == known


@pytest.mark.parametrize(("width", "height"), [(2, 2), (2, 3), (3, 2)])
def test_the_count_agrees_with_plain_backtracking(width, height):
    rng = random.Random(width)
    counts = set()
    for _ in range(6):
        board = puzzles.generate(width, height, rng, givens=0.5).board
        filled = [
            (row, column) for row, line in enumerate(board) for column, v in enumerate(line) if v
        ]
        for row, column in rng.sample(filled, 4):
            board[row][column] = 0
        expected = by_hand(board, width, height)
        counts.add(expected)
        assert puzzles.count_solutions(board, width, height, limit=10_000) == expected
    assert max(counts) > 1  # the boards are ambiguous, or this would test little


def test_a_contradiction_has_no_solution():
    assert puzzles.solve([[1, 1, 0, 0], [0] * 4, [0] * 4, [0] * 4], 2, 2) is None
    # No two givens clash, but nothing is left for board[0][3].
    assert puzzles.solve([[1, 2, 3, 0], [0] * 4, [0, 0, 0, 4], [0] * 4], 2, 2) is None


def test_the_longest_side_is_solved_from_nothing():
    board = [[0] * 25 for _ in range(25)]
    assert puzzles.Puzzle(board, 5, 5).is_solved_by(puzzles.solve(board, 5, 5))


# Generating


@settings(max_examples=40, deadline=None)
@given(shapes, st.integers(0, 2**32), st.floats(0.45, 1))
def test_a_puzzle_has_one_solution_and_the_givens_asked_for(shape, seed, share):
    width, height = shape
    puzzle = puzzles.generate(width, height, seed, givens=share)
    assert puzzles.count_solutions(puzzle.board, width, height, limit=2) == 1
    assert puzzle.is_solved_by(puzzles.solve(puzzle.board, width, height))
    assert givens(puzzle) >= round(share * puzzle.side**2)


@pytest.mark.parametrize(("width", "height"), SHAPES)
def test_as_few_givens_as_can_be_still_leave_one_solution(width, height):
    puzzle = puzzles.generate(width, height, 7, givens=0.0)
    assert puzzles.count_solutions(puzzle.board, width, height) == 1
    assert givens(puzzle) <= 0.5 * puzzle.side**2


@pytest.mark.parametrize(("width", "height", "share"), [(5, 5, 0.5), (5, 4, 0.45), (4, 5, 0.45)])
def test_large_puzzles_have_one_solution(width, height, share):
    puzzle = puzzles.generate(width, height, 0, givens=share)
    assert givens(puzzle) == round(share * puzzle.side**2)
    assert puzzles.count_solutions(puzzle.board, width, height) == 1


def test_the_same_seed_gives_the_same_puzzle_everywhere():
    # Written out, so that another version of Python or another machine can't change it unseen.
    assert puzzles.generate(3, 2, 42, givens=0.4).board == GOLDEN
    assert puzzles.generate(3, 2, 42, givens=0.4) == puzzles.generate(
        3, 2, random.Random(42), givens=0.4
    )
    assert puzzles.generate(3, 2, 42) != puzzles.generate(3, 2, 43)


def test_random_state_of_the_caller_is_left_alone():
    state = random.getstate()
    puzzles.generate(3, 3, 0)
    assert random.getstate() == state


def test_many_puzzles_go_through_the_shapes_and_need_their_blocks():
    made = puzzles.generate_many([(2, 2), (3, 2), (1, 3)], 7, seed=5, givens=0.3)
    assert [(puzzle.width, puzzle.height) for puzzle in made] == [(2, 2), (3, 2), (1, 3)] * 2 + [
        (2, 2)
    ]
    for puzzle in made:
        if puzzle.width > 1:
            assert puzzles.count_solutions(puzzle.board, puzzle.side, 1) == 2  # as a Latin square
    assert made == puzzles.generate_many([(2, 2), (3, 2), (1, 3)], 7, seed=5, givens=0.3)
    assert puzzles.generate_many([(2, 2)], 1, givens=1.0)[
        0
    ].board  # can't need its blocks; still ends


@pytest.mark.parametrize(("width", "height"), [(0, 3), (3, -1), (100, 100)])
def test_shapes_out_of_range_are_refused(width, height):
    with pytest.raises(ValueError, match="blocks must be at least 1 x 1"):
        puzzles.generate(width, height)


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="givens must be a share"):
        puzzles.generate(2, 2, givens=1.5)
    with pytest.raises(ValueError, match="at least one block shape"):
        puzzles.generate_many([], 3)
    with pytest.raises(ValueError, match="6 rows of 6 values"):
        puzzles.Puzzle([[0] * 4] * 4, 3, 2)
    for value in (5, -1, "1", None):
        with pytest.raises(ValueError, match="from 0 \\(empty\\) to 4"):
            puzzles.Puzzle([[value, 0, 0, 0], [0] * 4, [0] * 4, [0] * 4], 2, 2)


# Judging


@pytest.mark.parametrize(
    "answer",
    [
        SOLVED,
        tuple(map(tuple, SOLVED)),
        np.array(SOLVED),
        np.array(SOLVED, dtype=np.uint8),
        [np.array(row) for row in SOLVED],
        [[np.int64(value) for value in row] for row in SOLVED],
    ],
)
def test_a_solution_may_be_lists_tuples_or_arrays(answer):
    assert EASY.is_solved_by(answer)
    assert EASY.share_satisfied(answer) == 1.0


def test_any_valid_solution_counts():
    ambiguous = puzzles.Puzzle([[0] * 4] * 4, 2, 2)
    found = list(solver.solutions(ambiguous.board, 2, 2))
    assert len(found) == len({str(grid) for grid in found}) == 288
    assert all(map(ambiguous.is_solved_by, found))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "but it is of type NoneType"),
        ("1234" * 4, "but it is of type str"),
        ({0: SOLVED[0]}, "but it is of type dict"),
        ([], "but it has 0 rows"),
        (SOLVED[:3], "but it has 3 rows"),
        ([*SOLVED, SOLVED[0]], "but it has 5 rows"),
        ([*SOLVED[:3], [4, 3, 2]], "but row 3 has 3 values"),
        ([*SOLVED[:3], "4321"], "but row 3 is of type str"),
        ([*SOLVED[:3], None], "but row 3 is of type NoneType"),
        (np.array(SOLVED).ravel(), "but it has 16 rows"),
        (np.float64(1), "but it is of type float64"),
        (np.array(3), "but it is of type ndarray"),
    ],
)
def test_what_is_no_grid_scores_nothing_and_says_why(answer, why):
    assert EASY.share_satisfied(answer) == 0.0
    (said,) = EASY.violations(answer)
    assert said.startswith("the answer must be a list of 4 rows with 4 values each")
    assert why in said


@pytest.mark.parametrize(
    "cell", [None, 3.0, "3", True, [3], {}, np.array([3]), np.bool_(True), -1, 5, 10**400]
)
def test_a_cell_that_holds_no_value_spoils_the_answer(cell):
    answer = [[1, 2, cell, 4], *SOLVED[1:]]
    assert EASY.share_satisfied(answer) == 0.0
    what = "out of range" if type(cell) is int else f"of type {type(cell).__name__}"
    assert EASY.violations(answer) == [
        "the answer must be a list of 4 rows with 4 values each from 1 to 4, "
        f"but the one at [0][2] is {what}."
    ]


def test_empty_cells_are_counted():
    assert EASY.violations(EASY.board) == ["1 of the 16 cells is still empty."]
    assert EASY.share_satisfied(EASY.board) == 45 / 48  # its row, column and block lack a value
    assert EASY.violations(np.zeros((4, 4), dtype=int))[0] == "16 of the 16 cells are still empty."


def test_arrays_of_another_rank_or_kind_are_judged_without_error():
    for answer in (
        np.zeros((4, 4, 4)),
        np.zeros((4, 4)),
        np.array(SOLVED, dtype=float),
        np.ones((4, 4), dtype=bool),
    ):
        assert EASY.share_satisfied(answer) == 0.0
        assert not EASY.is_solved_by(answer)


@settings(max_examples=100, deadline=None)
@given(junk | st.lists(st.lists(junk, min_size=4, max_size=4), min_size=4, max_size=4))
def test_no_plain_data_makes_the_judge_raise(answer):
    share = EASY.share_satisfied(answer)
    assert 0.0 <= share <= 1.0
    assert (share == 1.0) is EASY.is_solved_by(answer) is (EASY.violations(answer) == [])


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SHAPES[3:9]), st.integers(0, 99), st.data())
def test_one_wrong_cell_is_noticed_and_costs_little(shape, seed, data):
    puzzle = puzzles.generate(*shape, seed)
    answer = puzzles.solve(puzzle.board, *shape)
    row, column = (data.draw(st.integers(0, puzzle.side - 1)) for _ in range(2))
    right = answer[row][column]
    answer[row][column] = data.draw(
        st.integers(0, puzzle.side).filter(lambda value: value != right)
    )
    assert puzzle.violations(answer)
    # In its row, column and block one value is missing, and at the most one more occurs twice.
    assert 1 - 2 / puzzle.side**2 <= puzzle.share_satisfied(answer) + 1e-9 < 1


def test_filling_cells_at_random_gains_nothing():
    filled = [[value or 4 for value in row] for row in EASY.board]
    assert EASY.share_satisfied(filled) < EASY.share_satisfied(EASY.board) < 1


def test_solving_another_puzzle_gains_nothing():
    other = [row[::-1] for row in SOLVED]  # valid, but the givens are gone
    assert EASY.share_satisfied(other) < EASY.share_satisfied(EASY.board)
    assert EASY.violations(other)[0] == "board[0][0] was given as 1, but is 4."


def test_faults_are_told_in_words():
    puzzle = puzzles.Puzzle([[0] * 6 for _ in range(5)] + [[0, 0, 0, 0, 0, 6]], 3, 2)
    answer = [
        [1, 2, 3, 4, 5, 6],
        [4, 5, 6, 1, 2, 3],
        [2, 3, 1, 5, 6, 4],
        [5, 6, 4, 2, 3, 1],
        [3, 1, 2, 6, 4, 5],
        [6, 4, 5, 3, 0, 1],
    ]
    assert puzzle.violations(answer) == [
        "1 of the 36 cells is still empty.",
        "board[5][5] was given as 6, but is 1.",
        "column 5 holds 1 more than once.",
    ]


def test_blocks_are_named_by_their_rows_and_columns_and_long_lists_are_cut():
    puzzle = puzzles.Puzzle([[0] * 6 for _ in range(6)], 3, 2)
    shifted = [[(row + column) % 6 + 1 for column in range(6)] for row in range(6)]  # rows, columns
    assert puzzle.violations(shifted, limit=3) == [
        "the block of rows 0-1 and columns 0-2 holds 2, 3 more than once.",
        "the block of rows 0-1 and columns 3-5 holds 5, 6 more than once.",
        "... and 4 more faults.",
    ]
    assert len(puzzle.violations(shifted)) == 6
    tall = puzzles.Puzzle([[0] * 2 for _ in range(2)], 1, 2)
    assert (
        tall.violations([[1, 2], [1, 2]])[-1]
        == "the block of rows 0-1 and column 1 holds 2 more than once."
    )


# The planted fault


def solver_of(source):
    scope = {}
    exec(source, scope)  # our own file
    return lambda p: p.share_satisfied(scope["solve_sudoku"](p.board, p.width, p.height))


def test_the_seed_solves_square_blocks_only_and_two_swaps_repair_it():
    seed = (SUDOKU / "seed.py").read_text()
    halfway = seed.replace("row // width * width", "row // height * width")
    repaired = seed.replace("row // width * width", "row // height * height")
    assert seed.count("row // width * width") == 1
    square, wide, high = (
        puzzles.generate_many(kind, 6, seed=3, givens=0.35)
        for kind in ([(2, 2), (3, 3)], [(3, 2), (4, 2)], [(2, 3), (2, 4)])
    )
    solved = {
        name: [
            all(share == 1.0 for share in map(solver_of(source), kind))
            for kind in (square, wide, high)
        ]
        for name, source in (("seed", seed), ("halfway", halfway), ("repaired", repaired))
    }
    assert solved == {
        "seed": [True, False, False],
        "halfway": [True, True, False],  # each swap is rewarded, so that chance can find both
        "repaired": [True, True, True],
    }
    assert max(map(solver_of(seed), wide + high)) < 1.0
