"""Scripts that call each other as one plain Python file: both forms do what the sandbox does."""

from __future__ import annotations

import subprocess
import sys

import pytest

from langprop.executors.inline import InlineExecutor
from langprop.modules.bundle import bundle
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script

RATE = "def rate(x):\n    return 2 * x\n"

# What the other script is, what the script that calls it is, and whether they can stand side by
# side in a file.
CASES = {
    "plain": (RATE, "def f(x): return rate(x)", True),
    "the same imports": (
        "import math\nimport os.path\nfrom math import pi\ndef rate(x): return math.floor(x * pi)",
        "import math\nimport os\nfrom math import pi\ndef f(x): return math.floor(rate(x) * pi)",
        True,
    ),
    "local names": (
        "def helper(y): return y\n" + RATE,
        "def f(x):\n    helper = x\n    return rate(helper)",
        True,
    ),
    "the same future": (
        "from __future__ import annotations\ndef rate(x: Odd): return x",
        "'''Doc.'''\nfrom __future__ import annotations\nimport math\n"
        "def f(x: Odd): return rate(x)",
        True,
    ),
    "its own main": (
        RATE,
        "def f(x): return rate(x)\nif __name__ == '__main__': print('no')",
        True,
    ),
    "a helper of the same name": (
        "def helper(x): return x + 1\ndef rate(x): return helper(x)",
        "def helper(x): return 10 * x\ndef f(x): return helper(rate(x))",
        False,
    ),
    "another import of the same name": (
        "from math import floor as cut\ndef rate(x): return cut(x + 0.7)",
        "from math import ceil as cut\ndef f(x): return cut(rate(x) + 0.3)",
        False,
    ),
    "a builtin that the other defines": (
        "def max(*x): return 7\ndef rate(x): return max(x)",
        "def f(x): return max(x, rate(x), 8)",
        False,
    ),
    "a definition of its own": (
        "def rate(x): return 1",
        "def rate(x): return 2\ndef f(x): return rate(x)",
        False,
    ),
    "a global that a function sets": (
        "def rate(x):\n    global count\n    count = 1\n    return x",
        "count = 5\ndef f(x): return rate(x) + count",
        False,
    ),
    "a star import": (
        "from math import *\ndef rate(x): return floor(x)",
        "def floor(x): return 0\ndef f(x): return rate(x) + floor(x)",
        False,
    ),
    "a look at the names": (
        "def rate(x): return sorted(n for n in globals() if n == 'f')",
        "def f(x): return rate(x)",
        False,
    ),
    "a main of the other": (
        "def rate(x): return 1\nif __name__ == '__main__': print('no')",
        "def f(x): return rate(x)",
        False,
    ),
    "a class": (
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n"
        "def rate(x): return P(x).x",
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    y: int\n"
        "def f(x): return rate(P(x).y)",
        False,
    ),
    "only one future": (
        "def rate(x: int): return x",
        "from __future__ import annotations\ndef f(x: Odd): return rate(x)",
        False,
    ),
    "a future on a line with more": (
        "from __future__ import annotations; import math\ndef rate(x): return math.floor(x)",
        "from __future__ import annotations\ndef f(x): return rate(x)",
        False,
    ),
    "all quotes": (
        "def f(): pass\n"
        "def rate(x): return '''a''' + \"\"\"b\"\"\" + '\\n\\\\' + r'\\d' + 'é\t\u202e'",
        "def f(x): return rate(x)",
        False,
    ),
    "text over several lines": (
        "def f(): pass\ndef rate(x):\n    return '''a\n\tb\\\n'''\n\n",
        "def f(x): return rate(x)",
        False,
    ),
    "a recursion between them": (
        "def rate(x): return x and f(x - 1)",
        "def f(x): return x and 1 + rate(x)",
        True,
    ),
    "no Python": (
        "def rate(x): return 1\n" + "x = " + "(" * 150 + "1" + ")" * 150,
        "def f(x): return rate(x)",
        False,
    ),
}


def linked(other, source):
    rate = Script(other, "rate", id="rate", uses=("f",) if "f(" in other else ())
    return Script(source, "f", id="f", uses=("rate",), depends=(rate,))


@pytest.mark.parametrize("name", CASES)
def test_the_file_does_what_the_scripts_do(name, tmp_path):
    other, source, side_by_side = CASES[name]
    script = linked(other, source)
    (outcome,) = InlineExecutor().submit(script, Inputs([((3,), {})]), Limits()).result()
    texts = bundle(script), bundle(script, parsed=False)
    assert ("ModuleType" not in texts[0]) == side_by_side
    assert "ModuleType" in texts[1]
    for number, text in enumerate(texts):
        (tmp_path / f"file{number}.py").write_text(text, encoding="utf-8")
    code = (
        "import sys; sys.path.insert(0, '.'); import file0, file1\n"
        "for file in file0, file1: print(ascii(file.f(3)))"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-c", code],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert result.stderr == ""
    assert result.stdout.split("\n") == [ascii(outcome.output)] * 2 + [""]


def test_a_script_by_itself_is_left_as_it_is():
    assert bundle(Script("def f(x):\n  return (", "f")) == "def f(x):\n  return ("


def test_what_is_called_can_be_called_too():
    low = Script("scale = 2\ndef low(x): return scale * x", "low")
    rate = Script("scale = 10\ndef rate(x): return scale * low(x)", "rate", uses=("low",))
    script = Script("def f(x): return rate(x)", "f", uses=("rate",), depends=(low, rate))
    for parsed in (True, False):
        names: dict = {"__name__": "file"}
        exec(bundle(script, parsed=parsed), names)
        assert names["f"](3) == 60


def test_functions_call_each_other_as_deep_as_in_the_sandbox():
    script = linked("def rate(n): return n and f(n - 1)", "def f(n): return n and rate(n - 1)")
    inputs = Inputs([((800,), {})])
    (outcome,) = InlineExecutor().submit(script, inputs, Limits()).result()
    for parsed in (True, False):
        names: dict = {"__name__": "file"}
        exec(bundle(script, parsed=parsed), names)
        assert names["f"](800) == outcome.output == 0


def test_an_error_in_a_namespace_of_its_own_shows_its_line():
    script = linked("def rate(x):\n    return 1 / x", "def f(x): return rate(x)")
    names: dict = {"__name__": "file"}
    exec(bundle(script, parsed=False), names)
    with pytest.raises(ZeroDivisionError) as caught:
        names["f"](0)
    entry = caught.traceback[-1]
    assert (entry.frame.code.raw.co_filename, entry.lineno + 1) == ("<script rate>", 2)
