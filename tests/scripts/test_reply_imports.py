"""Imports that a reply forgot."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.scripts.imports import missing_imports, with_imports
from langprop.scripts.names import bound, lacking, names, read
from langprop.scripts.reply import read_reply


def missing(source, **settings):
    return missing_imports(names(ast.parse(source)), **settings)


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("math.pi", ["import math"]),
        ("np.zeros(3)", ["import numpy as np"]),
        ("numpy.zeros(3)", ["import numpy"]),
        ("time.time() + random.random()", ["import random", "import time"]),
        ("heapq.heappop(x), heappush(x, 1)", ["import heapq", "from heapq import heappush"]),
        ("defaultdict(list), Counter(x)", ["from collections import Counter, defaultdict"]),
        ("datetime.now()", ["from datetime import datetime"]),
        ("datetime.datetime.now()", ["import datetime"]),
        ("bisect(x, 1)", ["from bisect import bisect"]),
        ("bisect.bisect_left(x, 1)", ["import bisect"]),
        ("sqrt(x) + pi", ["from math import pi, sqrt"]),
        ("exp(x) + log(x)", ["from math import exp, log"]),
        ("date.today() - timedelta(1)", ["from datetime import date, timedelta"]),
        ("map(itemgetter(1), x)", ["from operator import itemgetter"]),
        ("deepcopy(x)", ["from copy import deepcopy"]),
        # What may mean something else is left alone, and what there is none of.
        ("sqrt(np.zeros(3))", ["import numpy as np"]),
        ("log(x)", []),
        ("copy(x), time(), date.today()", []),
        ("queue.append(x), string.split(), numbers.sort()", []),
        ("cache[x] + product * 2", []),
        ("mean(x), foo.bar, foo(x)", []),
        ("surely_not_installed.x", []),
        ("len(x), __name__, print", []),
        ("(math := 3)", []),
    ],
)
def test_what_is_clear_is_added(body, lines):
    assert missing(f"def f(x):\n    return {body}\n") == lines


@pytest.mark.parametrize(
    "source",
    [
        "import math\ndef f(x): return math.pi",
        "def f(math): return math.pi",
        "def f(x):\n    import math\n    return g()\ndef g(): return math.pi",
        "try:\n    import numpy as np\nexcept ImportError:\n    np = None\ndef f(x): return np.pi",
        "def f(x):\n    try:\n        return np.pi\n    except NameError:\n        return 0",
        "class math:\n    pi = 3\ndef f(x): return math.pi",
        "def f(x):\n    match x:\n        case {'a': 1, **math}: return math.pi",
        "def f(x):\n    for math in x: pass\n    return math.pi",
    ],
)
def test_what_is_bound_anywhere_is_left_alone(source):
    assert missing(source) == []


def test_decorators_and_annotations_count():
    source = "@lru_cache(None)\n@cache\ndef f(x: List[int]) -> Optional[int]:\n    return 1\n"
    assert missing(source) == [
        "from functools import cache, lru_cache",
        "from typing import List, Optional",
    ]
    source = "@dataclass\nclass A:\n    x: list = field(default_factory=list)\n"
    assert missing(source) == ["from dataclasses import dataclass, field"]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("def f(): pass", "import x\n\n\ndef f(): pass"),
        ("import y\n\ndef f(): pass", "import x\nimport y\n\ndef f(): pass"),
        ("# About f.\n@g\ndef f(): pass", "import x\n\n\n# About f.\n@g\ndef f(): pass"),
        ('"""Doc."""\nimport y', '"""Doc."""\nimport x\nimport y'),
        (
            '"""Doc.\n# No comment."""\nfrom __future__ import annotations\n\na = 1',
            '"""Doc.\n# No comment."""\nfrom __future__ import annotations\n\nimport x\n\n\na = 1',
        ),
        ("from __future__ import annotations; a = 1", None),
        ('"""Doc."""; a = 1', 'import x\n\n\n"""Doc."""; a = 1'),
    ],
)
def test_imports_stand_at_the_top(source, wanted):
    result = with_imports(source, ast.parse(source), ["import x"])
    assert result == (source if wanted is None else wanted)
    compile(result, "<script>", "exec")


def test_a_reply_gets_its_imports():
    stub = "from dataclasses import dataclass\n\n\ndef f(x):\n    ...\n"
    reply = (
        "```python\n@dataclass\nclass A:\n    x: int\n\n\ndef f(x):\n    return deque([A(x)])\n```"
    )
    source = read_reply(reply, "f", stub=stub)
    assert source.startswith(
        "from dataclasses import dataclass\nfrom collections import deque\n\n\n@dataclass"
    )
    scope = {"__name__": "script"}
    exec(source, scope)
    assert scope["f"](3)[0].x == 3


def test_functions_of_other_modules_are_not_imported():
    reply = "```python\ndef f(x):\n    return heappop(x), deepcopy(x)\n```"
    source = read_reply(reply, "f", provided=["heappop"])
    assert source.startswith("from copy import deepcopy\n\n\ndef f")
    assert "heapq" not in source


_PIECES = [
    "a = b.c",
    "d(e, f=g)",
    "def h(i, *j, **k): return l",
    "@m\n@n.o\n@p(q)\nclass R(s, metaclass=t): u: v = w",
    "import aa.bb, cc as dd",
    "from ee import ff as gg",
    "[x for y in z if x]",
    "lambda hh: ii",
    "try: pass\nexcept jj as kk: pass",
    "with ll() as mm: nn.oo += pp",
    "del qq, rr[ss]",
    "f'{tt!r:{uu}}'",
    "global vv",
    "match ww:\n  case [xx, *yy]: zz",
    "ab: cd",
    "ef()()(gh)",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=6, unique=True).map("\n".join))
def test_one_walk_finds_what_the_library_finds(source):
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    assert read(tree) == {node.id for node in nodes if isinstance(node, ast.Name)}
    written = [n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)]
    arguments = [node.arg for node in nodes if isinstance(node, ast.arg)]
    assert set(written + arguments) <= set(bound(tree))
    assert lacking(tree).isdisjoint(bound(tree))
