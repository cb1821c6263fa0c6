"""Children of any program: they compile, keep the signature, and differ from their parents."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.errors import ScriptError
from langprop.scripts.mutation import mutate
from langprop.scripts.mutation.draft import draft
from langprop.scripts.mutation.mutation import CROSSOVERS, OPERATORS

# Programs that together hold every construct of the language.
ALL = {path.stem: path.read_text() for path in (Path(__file__).parent / "mutation_seeds").iterdir()}
seeds = st.integers(0, 2**32 - 1)


def frame(source: str) -> list[str]:
    """What no edit may touch: signatures, decorators, docstrings, imports, classes, in order."""
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            parts = [node.args, *node.decorator_list, *([node.returns] if node.returns else [])]
            found += [node.name, *map(ast.dump, parts), str(ast.get_docstring(node, clean=False))]
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.append(ast.dump(node))
        elif isinstance(node, ast.ClassDef):
            found.append(node.name)
    return found


@settings(max_examples=120, deadline=None)
@given(
    name=st.sampled_from(sorted(ALL)), seed=seeds, donor=st.none() | st.sampled_from(sorted(ALL))
)
def test_children_compile_and_keep_what_is_not_theirs(name, seed, donor):
    rng = np.random.default_rng(seed)
    source = ALL[name]
    for _ in range(3):
        child = mutate(source, "solve", rng, ALL[donor] if donor else None)
        compile(child.source, "<child>", "exec")
        assert child.source != source
        assert frame(child.source) == frame(ALL[name])
        assert child.operators
        source = child.source


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_every_operator_finds_something_to_do(operator, monkeypatch):
    only = {operator: (1.0, False, OPERATORS[operator][2])}
    monkeypatch.setattr("langprop.scripts.mutation.mutation.OPERATORS", only)
    rng = np.random.default_rng(0)
    source = (
        "import math\n\n\ndef solve(a: float, b: int, c: bool, xs: list[int]) -> float:\n"
        "    total = 0.5 * a + math.sin(b)\n    if b > 2 and not c:\n        total = total - 1\n"
        "    for x in xs:\n        total += x if x > b else max(xs)\n    return total\n"
    )
    children = {mutate(source, "solve", rng, edits=1).source for _ in range(10)}
    assert source not in children
    for child in children:
        compile(child, "<child>", "exec")


@pytest.mark.parametrize("operator", sorted(CROSSOVERS))
def test_every_crossover_brings_something_of_the_donor(operator, monkeypatch):
    only = {operator: (1.0, False, CROSSOVERS[operator][2])}
    monkeypatch.setattr("langprop.scripts.mutation.mutation.CROSSOVERS", only)
    mine = (
        "def f(n: int) -> int:\n    a = 1\n    for i in range(n):\n        a += i\n    return a\n"
    )
    theirs = (
        "def f(n: int) -> int:\n    b = 777\n    while n > 0:\n        b -= 777\n        n -= 1\n"
        "    return b * 777\n"
    )
    rng = np.random.default_rng(0)
    children = [mutate(mine, "f", rng, theirs, edits=1) for _ in range(20)]
    crossed = [child for child in children if child.operators == (operator,)]
    assert len(crossed) > 10
    assert any("777" in child.source or "n -= 1" in child.source for child in crossed)


def test_untouched_code_keeps_its_comments_and_layout():
    rng = np.random.default_rng(3)
    child = mutate(ALL["plain"], "solve", rng, edits=1).source
    changed = [line for line in ALL["plain"].splitlines() if line not in child.splitlines()]
    assert len(changed) <= 2
    assert "  # a comment that stays" in child or "total = 0" not in child


def test_the_same_seed_gives_the_same_child():
    children = {
        mutate(ALL["closures"], "solve", np.random.default_rng(7), ALL["decorated"]).source
        for _ in range(3)
    }
    assert len(children) == 1


CHILDREN = """
import sys
from pathlib import Path
import numpy as np
from langprop.scripts.mutation import mutate

sources = [path.read_text() for path in sorted(Path(sys.argv[1]).iterdir())]
for seed in range(60):
    rng = np.random.default_rng(seed)
    source, donor = sources[seed % len(sources)], sources[seed * 7 % len(sources)]
    print(mutate(source, "solve", rng, donor).source)
    print(mutate(sources[-5], "solve", rng, edits=4).source)  # patterns, which bind several names
"""


def test_a_child_does_not_depend_on_the_hashes_of_the_process():
    def children(hashes):
        return subprocess.run(
            [sys.executable, "-c", CHILDREN, str(Path(__file__).parent / "mutation_seeds")],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": hashes},
        ).stdout

    first = children("0")
    assert b"case " in first
    assert children("1") == children("2") == first


def test_names_are_only_read_where_they_exist():
    source = (
        "def f(n: int) -> int:\n    for i in range(n):\n        k = i * 2\n        n = n + k\n"
        "    return n\n"
    )
    rng = np.random.default_rng(0)
    for _ in range(150):
        child = mutate(source, "f", rng).source
        namespace: dict = {}
        exec(child, namespace)
        try:
            namespace["f"](3)
        except NameError as error:  # UnboundLocalError is one
            pytest.fail(f"{error} in\n{child}")
        except (
            ValueError,
            TypeError,
            ZeroDivisionError,
            RecursionError,
            OverflowError,
            IndexError,
        ):
            pass


def test_no_child_gains_a_loop_without_end():
    source = (
        "def f(n: int) -> int:\n    a = 0\n    while n > 0:\n        a += n % 10\n"
        "        n //= 10\n    return a\n"
    )
    rng = np.random.default_rng(1)
    for _ in range(200):
        lines = mutate(source, "f", rng).source
        loops = [node for node in ast.walk(ast.parse(lines)) if isinstance(node, ast.While)]
        for loop in loops:
            assert any(isinstance(node, (ast.AugAssign, ast.Assign)) for node in loop.body), lines


def test_small_edits_are_the_rule_in_a_long_script():
    filler = "".join(f"    v{i} = width * {i} + height\n" for i in range(40))
    source = f"def f(width: int, height: int) -> int:\n{filler}    return v3\n"
    rng = np.random.default_rng(0)
    swaps = sum(mutate(source, "f", rng, edits=1).operators == ("name",) for _ in range(100))
    assert swaps >= 10


def test_growth_is_bounded():
    rng = np.random.default_rng(0)
    source = "def f(x: float, y: float) -> float:\n    return x + y\n"
    for _ in range(300):
        source = mutate(source, "f", rng, max_size=40).source
    assert len(source) < 6_000


def test_example_gives_the_kinds_that_annotations_do_not():
    source = "def f(a, b):\n    return len(a) + 1\n"

    def unsuited(example):  # a number has no length
        rng = np.random.default_rng(0)
        children = [mutate(source, "f", rng, example=example, edits=1) for _ in range(80)]
        return sum("len(b)" in child.source for child in children)

    assert unsuited((([1, 2], 3.5), {})) < unsuited(None)


def test_numpy_calls_only_where_numpy_is_imported():
    rng = np.random.default_rng(0)
    body = "def f(x: float) -> float:\n    return x * 2.0\n"
    with_numpy = [
        mutate("import numpy as xp\n\n\n" + body, "f", rng, edits=2).source for _ in range(80)
    ]
    without = [mutate(body, "f", rng, edits=2).source for _ in range(80)]
    assert any("xp." in source for source in with_numpy)
    assert not any("xp." in source or "np." in source or "math." in source for source in without)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f(:\n", "can't be mutated: SyntaxError"),
        ("x = 1\n", "has no function 'f'"),
        ("f = lambda x: x\n", "define one: `def f"),
        ("def f(x):\n" + "    " * 2 + "return " + "(" * 300 + ")" * 300, "nests brackets"),
    ],
)
def test_what_cannot_be_mutated_says_why(source, message):
    with pytest.raises(ScriptError, match=message):
        mutate(source, "f", np.random.default_rng(0))


def test_an_empty_body_can_grow():
    child = mutate("def f(x: int) -> int: ...\n", "f", np.random.default_rng(0)).source
    compile(child, "<child>", "exec")
    assert child.startswith("def f(x: int) -> int:")


@pytest.mark.parametrize(
    "danger",
    [
        "while n:\n        n = n",
        "while n > 0:\n        n -= 0",
        "while n >= 0:\n        n //= 2",
        "while n > 0:\n        if n % 2:\n            n -= 1",
        "while n > 0:\n        n -= 1\n        n += 1",
        "while n > 0:\n        if n == 3:\n            continue\n        n -= 1",
        "for i in xs:\n        xs.append(i)",
        "ys = xs\n    for i in xs:\n        ys.append(i)",
        "for i in xs:\n        n *= n",
        "for i in xs:\n        xs = xs + xs",
        "for i in range(n):\n        n = n * 2\n        xs = list(range(n))",
        "n = 2 ** n ** n",
        "n = f(n, xs)",
        "n = f(n + 1, xs)",
        "n = sum(f(n - 1, xs) for x in xs)",
    ],
)
def test_hazards_are_seen(danger):
    source = f"def f(n: int, xs: list[int]) -> int:\n    {danger}\n    return n\n"
    assert draft(source, "f").risk > 0


@pytest.mark.parametrize(
    "safe",
    [
        "while n > 0:\n        n -= 1",
        "while n > 1:\n        n = n // 2",
        "while n:\n        m, n = n, m % n",
        "i = 0\n    while i < n:\n        i += 1",
        "for i in xs:\n        n += i",
        "for i in range(n):\n        xs.append(i)",
        "n = n ** 2",
        "m = f(n - 1, xs) if n > 0 else 0",
        "m = f(n, xs[1:]) if xs else 0",
    ],
)
def test_what_ends_is_no_hazard(safe):
    source = f"def f(n: int, xs: list[int], m: int = 1) -> int:\n    {safe}\n    return n\n"
    assert draft(source, "f").risk == 0
