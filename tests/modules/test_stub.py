"""A function's specification, read from its source."""

import ast
import math
import math as m
import os.path
from collections import OrderedDict
from typing import Literal

import pytest

import langprop as lp
from langprop.errors import ModuleError
from langprop.modules.stub import Stub

SCALE = 3
TABLE = {"a": [1, 2]}
WEIRD = object()


def helper(x):
    return x * SCALE


def compiles(stub):
    source = stub.seed or stub.source
    namespace = {}
    exec(compile(source, "<stub>", "exec"), namespace)
    return namespace[stub.entry_point]


def empty(number: int) -> int:
    """Say something."""


def dots(x): ...


def not_implemented(
    a: float,
    b: float = 1.0,  # a comment
) -> float:
    """Docs."""
    raise NotImplementedError("later")


def with_imports(x: Literal[0, 1], y: "OrderedDict[str, int] | None" = None) -> m.__class__:
    """Annotations need their imports."""


def implemented(x):
    """Use a helper, a constant, a table, two modules."""
    return helper(x) + len(TABLE["a"]) + math.floor(0.5) + len(os.path.join("a", "b"))  # noqa: PTH118 - a module with a dot


def recursive(n):
    return 1 if n == 0 else n * recursive(n - 1)


def uses_weird(x):
    return WEIRD, x


def one_liner(x): return x + 1  # fmt: skip


async def asynchronous(x):
    """No."""


def test_a_stub_is_its_signature_and_docstring():
    stub = Stub.from_function(empty)
    assert stub == Stub("empty", 'def empty(number: int) -> int:\n    """Say something."""\n', None)


@pytest.mark.parametrize("function", [empty, dots, not_implemented, with_imports])
def test_stubs_have_no_seed_and_are_valid_python(function):
    stub = Stub.from_function(function)
    assert stub.seed is None
    assert callable(compiles(stub))


def test_annotations_bring_their_imports():
    source = Stub.from_function(with_imports).source
    assert "from typing import Literal" in source
    assert "import math as m" in source


def test_an_implementation_brings_what_it_uses():
    stub = Stub.from_function(implemented)
    assert compiles(stub)(2) == implemented(2)
    assert "helper(" not in stub.source
    assert "return" not in stub.source


def test_a_recursive_and_a_one_line_function():
    assert compiles(Stub.from_function(recursive))(5) == 120
    stub = Stub.from_function(one_liner)
    assert compiles(stub)(1) == 2
    assert "+" not in stub.source


def test_what_cannot_come_along_is_named():
    with pytest.raises(ModuleError, match="'WEIRD'"):
        Stub.from_function(uses_weird)


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        (lambda x: x, "def"),
        (len, "def"),
        (3, "def"),
        (asynchronous, "async"),
        (type("T", (), {}), "def"),
    ],
)
def test_only_plain_functions(thing, message):
    with pytest.raises(ModuleError, match=message):
        Stub.from_function(thing)


def test_source_typed_at_a_prompt_asks_for_a_file():
    namespace = {}
    exec("def typed(x): ...", namespace)
    with pytest.raises(ModuleError, match="can't be read"):
        Stub.from_function(namespace["typed"])


def test_closures_come_along():
    factor = 7

    def scaled(x):
        return x * factor

    assert compiles(Stub.from_function(scaled))(2) == 14


def test_from_source_keeps_imports_and_finds_the_only_function():
    stub = Stub.from_source(
        "import math\n\ndef f(x: float) -> float:\n    '''Root.'''\n    return math.sqrt(x)\n"
    )
    assert stub.entry_point == "f"
    assert stub.source.startswith("import math")
    assert "sqrt" not in stub.source
    assert "sqrt" in stub.seed


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f(:", "valid Python"),
        ("x = 1", "defines none"),
        ("def f(): ...\ndef g(): ...", "defines f, g"),
        ("", "none"),
    ],
)
def test_from_source_says_what_is_wrong(source, message):
    with pytest.raises(ModuleError, match=message):
        Stub.from_source(source)


def test_from_source_with_a_missing_entry_point():
    with pytest.raises(ModuleError, match="no function 'h'"):
        Stub.from_source("def f(): ...", "h")


def test_the_decorator_reads_the_function_below_it():
    @lp.module(score=lp.exact_match)
    def double(x: int) -> int:
        """Double."""

    assert double.entry_point == "double"
    assert double.stub == 'def double(x: int) -> int:\n    """Double."""\n'
    assert double.__doc__ == "Double."
    assert double.seeds == []

    @lp.module
    def triple(x: int) -> int:
        """Triple."""
        return 3 * x

    assert len(triple.seeds) == 1
    assert ast.parse(triple.seeds[0]).body[0].name == "triple"
