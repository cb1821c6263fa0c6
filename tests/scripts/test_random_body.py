"""First programs from nothing but a signature."""

import ast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.errors import ScriptError
from langprop.scripts.mutation import random_body

HEAD = """import math
from typing import Any, Callable, Iterable, Literal, Optional, Sequence, Union

import numpy as np

Grid = list[list[int]]
Loop = "Loop"


"""
KINDS = [
    "int", "float", "bool", "str", "bytes", "None", "Any", "Grid", "Loop", "'Grid'",
    "Undefined | None", "list[int]", "list[str]", "list", "Sequence[float]", "Iterable",
    "set[int]", "frozenset[str]", "tuple[int, str]", "tuple[int, ...]", "tuple[()]",
    "dict[str, int]", "dict[str, list[int]]", "dict", "np.ndarray", "np.float64",
    "Literal[0, 1]", "Literal['a', 'b', None]", "Literal[-1, 0, 1]", "Optional[int]",
    "int | None", "Union[int, str]", "Callable[[int], int]", "list[tuple[int, float]]",
]  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    parameters=st.lists(st.none() | st.sampled_from(KINDS), max_size=4),
    returns=st.none() | st.sampled_from(KINDS),
    rest=st.sampled_from(["", "*rest", "*, key: int = 3", "**options", "/"]),
    body=st.sampled_from(
        ["...", "pass", "'Doc.'; ...", '\n    """Doc: 3 or `x`."""\n    return 1\n']
    ),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_signature_gets_a_body(parameters, returns, rest, body, seed):
    names = [f"p{i}: {kind}" if kind else f"p{i}" for i, kind in enumerate(parameters)]
    signature = ", ".join([*names, rest] if rest and (rest != "/" or names) else names)
    arrow = f" -> {returns}" if returns else ""
    stub = f"{HEAD}def f({signature}){arrow}: {body}\n".replace("Undefined", "int")
    source = random_body(stub, "f", np.random.default_rng(seed))
    compile(source, "<body>", "exec")
    before, after = (ast.parse(text).body[-1] for text in (stub, source))
    assert isinstance(before, ast.FunctionDef)
    assert isinstance(after, ast.FunctionDef)
    assert ast.dump(before.args) == ast.dump(after.args)
    assert ast.get_docstring(before, clean=False) == ast.get_docstring(after, clean=False)
    assert source.startswith(HEAD)


def answers(stub, args, n=60, example=None):
    """What random programs answer; those that fail are left out."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(n):
        namespace: dict = {}
        exec(random_body(stub, "f", rng, example), namespace)
        try:
            found.append(namespace["f"](*args))
        except (
            ArithmeticError,
            LookupError,
            ValueError,
            TypeError,
            AttributeError,
            RecursionError,
        ):
            continue
    return found


@pytest.mark.parametrize(
    ("stub", "args", "kind"),
    [
        ("def f(n: int) -> int: ...", (4,), int),
        ("def f(x: float, y: float) -> float: ...", (0.5, 2.0), (float, int)),
        ("def f(x: float, n: int) -> bool: ...", (0.5, 2), bool),
        ("def f(s: str) -> str: ...", ("ab c",), str),
        ("def f(xs: list[int]) -> list[int]: ...", ([3, 1, 2],), list),
        ("def f(s: str) -> dict[str, int]: ...", ("abca",), dict),
        ("def f(s: str, n: int) -> tuple[int, str]: ...", ("abc", 2), tuple),
    ],
)
def test_most_programs_run_and_answer_in_kind(stub, args, kind):
    found = answers(stub, args)
    assert len(found) >= 40
    assert sum(isinstance(answer, kind) for answer in found) >= 0.9 * len(found)
    assert len({repr(answer) for answer in found}) > 5 or kind in (bool, dict)


def test_a_closed_set_is_kept_and_all_of_it_is_tried():
    stub = (
        "from typing import Literal\n"
        "def f(x: float, v: float) -> Literal['left', 'stay', 'right']: ..."
    )
    found = answers(stub, (0.3, -0.2), n=80)
    assert set(found) == {"left", "stay", "right"}


def test_without_annotations_the_example_tells_the_kinds():
    stub = "def f(words, n):\n    'Doc.'\n"
    found = answers(stub, (["a", "b"], 2), example=((["a", "b"], 2), {}))
    assert len(found) >= 30


def test_without_annotations_and_example_there_still_is_a_program():
    assert answers("def f(a, b): ...", (1, 2))


def test_constants_of_the_docstring_are_tried():
    stub = 'def f(x: float) -> int:\n    """Return 17 or 42."""\n'
    found = answers(stub, (0.5,), n=150)
    assert {17, 42} <= set(found)


def test_what_cannot_be_filled_says_why():
    rng = np.random.default_rng(0)
    with pytest.raises(ScriptError, match="no function 'g' at the top level"):
        random_body("def f(): ...", "g", rng)
    with pytest.raises(ScriptError, match="SyntaxError"):
        random_body("def f(", "f", rng)


def test_loops_end():
    rng = np.random.default_rng(5)
    for _ in range(200):
        namespace: dict = {}
        exec(random_body("def f(n: int, m: int) -> int: ...", "f", rng), namespace)
        try:
            namespace["f"](6, 4)
        except (ArithmeticError, ValueError, RecursionError):
            continue
