"""Reading source of any origin: ids, functions, limits."""

import contextlib

import pytest

from langprop.errors import ScriptError
from langprop.scripts.parsing import content_id, functions, parameters, parse
from langprop.scripts.script import Script


def same(a, b):
    return content_id(a, "f") == content_id(b, "f")


@pytest.mark.parametrize(
    "variant",
    [
        "def f(x):\n    return x + 1  # comment\n",
        "def f( x ):\n\n\treturn (x+1)\n",
        '"""Module."""\ndef f(x):\n    """Doc."""\n    return x + 1',
        "def f(x):\r\n    return x + 1\r\n",
    ],
)
def test_layout_comments_and_docstrings_make_no_new_program(variant):
    assert same("def f(x):\n    return x + 1\n", variant)


@pytest.mark.parametrize(
    "other",
    [
        "def f(x):\n    return x + 2\n",
        "def f(x):\n    return 1 + x\n",
        "def f(y):\n    return y + 1\n",
        "def f(x):\n    return x + 1.0\n",
        "def f(x):\n    return x + True\n",
        "def f(x):\n    return x + 1\ndef g(): pass\n",
    ],
)
def test_another_program_has_another_id(other):
    assert not same("def f(x):\n    return x + 1\n", other)


def test_text_constants_count_but_their_quotes_do_not():
    assert same("def f():\n    return 'a'", 'def f():\n    return "a"')
    assert not same("def f():\n    return 'a'", "def f():\n    return b'a'")
    assert not same("def f():\n    return None", "def f():\n    return ''")


def test_the_entry_point_is_part_of_the_id():
    source = "def f(): return 1\ndef g(): return 2"
    assert content_id(source, "f") != content_id(source, "g")


@pytest.mark.parametrize("broken", ["def f(:", "\0", "def f():\n return \ud800", "(" * 10_000, ""])
def test_what_is_no_python_still_has_an_id(broken):
    assert len(content_id(broken, "f")) == 16
    assert content_id(broken, "f") == content_id(broken, "f")


@pytest.mark.parametrize(
    "bomb",
    [
        "(" * 100_000,
        "f(" * 50_000 + ")" * 50_000,
        "-" * 100_000 + "1",
        "not " * 100_000 + "1",
        "x = " + "1 + " * 50_000 + "1",
        "x = a" + ".b" * 60_000,
        "x = a" + "()" * 60_000,
        "x = a" + "[0]" * 50_000,
        "x = " + "lambda: " * 20_000 + "1",
        "x = " + "1 if 1 else " * 15_000 + "1",
        "if 1:\n" + "".join(" " * i + "if 1:\n" for i in range(1, 600)) + " " * 600 + "pass",
        "\n".join(["if x: pass"] + ["elif x: pass"] * 15_000),
        "x" * 300_000,
        "f'" + "{f'" * 500,
        "a" + " = a" * 40_000,
        "x = " + "await " * 30_000 + "y",
        "x = " + "9" * 150_000,
    ],
    ids=lambda bomb: bomb[:12],
)
def test_parser_bombs_are_refused_or_read_but_never_end_the_process(bomb):
    with contextlib.suppress(ScriptError):
        parse(bomb)
    assert len(content_id(bomb, "f")) == 16


def test_what_the_compiler_only_warns_about_is_read():
    assert functions("def f(x): return '\\d', x is 1") == ["f"]


def test_functions_and_parameters():
    source = (
        "def a(x): ...\nclass C:\n    def m(self): ...\n"
        "def b(x, /, y, *args, z=1, **kwargs): ...\ndef a(w): ..."
    )
    assert functions(source) == ["b", "a"]
    assert parameters(source, "b") == ["x", "y", "*args", "z", "**kwargs"]
    assert parameters(source, "a") == ["w"]
    with pytest.raises(ScriptError, match="no function 'm'"):
        parameters(source, "m")


def test_scripts_are_equal_if_they_are_the_same_program():
    a = Script("def f(): return 1", "f", origin="setup")
    b = Script("def f():\n    return 1", "f", parent=a.id, origin="mutation:none")
    assert a == b
    assert len({a, b}) == 1
    assert a != Script("def f(): return 2", "f")
