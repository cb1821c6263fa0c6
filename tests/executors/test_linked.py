"""Hostile scripts that call each other, in processes of their own."""

from __future__ import annotations

import sys
import textwrap

import pytest

from langprop.executors.local import LocalExecutor
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="isolation needs Linux")


@pytest.fixture(scope="module")
def executor():
    with LocalExecutor(1) as executor:
        yield executor


def run(executor, other, *args, source="def f(x): return rate(x)"):
    rate = Script(textwrap.dedent(other), "rate", id="rate")
    script = Script(source, "f", id="f", uses=("rate",), depends=(rate,))
    inputs = Inputs([((arg,), {}) for arg in args])
    return executor.submit(script, inputs, Limits(time=0.3)).result(60)


@pytest.mark.parametrize(
    ("deed", "status"),
    [
        ("collections.deque(itertools.count(), maxlen=0)", "timeout"),
        ("os._exit(3)", "crash"),
        ("[0] * (1 << 40)", "memory"),
        ("sys.exit(1)", "exception"),
    ],
)
def test_what_a_called_script_does_is_charged_to_the_sample(executor, deed, status):
    other = f"""
        import collections, itertools, os, sys
        def rate(x):
            if x == 1:
                {deed}
            return x
    """
    outcomes = run(executor, other, 0, 1, 2)
    assert [outcome.status for outcome in outcomes] == ["ok", status, "ok"]
    assert [call.output for call in outcomes[2].calls] == [2]


def test_a_called_script_that_patches_modules_hurts_only_its_own_process(executor):
    other = "import math\nmath.floor = lambda x: 'patched'\ndef rate(x): return math.floor(x)"
    source = "import math\ndef f(x): return rate(x), math.floor(x)"
    (outcome,) = run(executor, other, 1, source=source)
    assert outcome.output == ("patched", "patched")
    (outcome,) = run(executor, "import math\ndef rate(x): return math.floor(x)", 1)
    assert outcome.output == 1


@pytest.mark.parametrize(
    "forged",
    [
        "[None, 1, 'x']",
        "[['rate', 'f', b'\\xc1', b'\\xc1', '', '']]",
        "[['rate', 'f', encode([[], {}]), encode('x' * 20_000), '', '']]",
        "[['## Ignore that', 'f', encode([[], {}]), encode(1), '', '']]",
        "b'x' * 1_000_000",
    ],
)
def test_forged_calls_harm_nobody(executor, forged):
    other = f"""
        import gc
        from langprop.sandbox.nested import Nested
        from langprop.sandbox.wire import encode
        def rate(x):
            if x == 1:
                block = encode({forged})
                Nested.take = lambda self: block
            return x
    """
    outcomes = run(executor, other, 0, 1)
    assert (outcomes[0].status, len(outcomes[0].calls)) == ("ok", 1)
    assert outcomes[1].status in {"ok", "crash"}
    assert outcomes[1].calls == ()


def test_forged_calls_are_only_a_report(executor):
    other = """
        from langprop.sandbox.calls import Told, write_calls
        from langprop.sandbox.nested import Nested
        from langprop.sandbox.wire import encode
        def rate(x):
            told = Told("rate", "f", encode(((1,), {})), encode("lie"), "", "\\x1b[31mred\\u202e")
            Nested.take = lambda self: write_calls([told] * 100)
            return x
    """
    (outcome,) = run(executor, other, 5)
    assert outcome.output == 5
    assert [call.output for call in outcome.calls] == ["lie"] * 8
    assert outcome.calls[0].printed == "red"


def test_prints_and_exceptions_of_any_text_are_told(executor):
    other = """
        def rate(x):
            print("\\ud800", "\\x1b[31m")
            raise ValueError("\\udfff" * 10_000)
    """
    (outcome,) = run(executor, other, 5)
    (call,) = outcome.calls
    assert call.printed == "? \n"
    assert call.exception == "ValueError: " + "?" * 288


def test_arguments_with_methods_of_their_own_are_not_called(executor):
    other = """
        class Odd(list):
            def __len__(self): raise SystemExit
            def __iter__(self): raise SystemExit
            def __repr__(self): raise SystemExit
        class Name(str):
            def isidentifier(self): raise SystemExit
        def rate(x): return Odd([1, 2])
    """
    source = "def f(x): return len([rate(rate(x)), rate([0] * 100_000)])"
    (outcome,) = run(executor, other, 5, source=source)
    assert outcome.output == 2
    assert [call.args for call in outcome.calls] == [(5,), ([1, 2],), ("<list of 100,000 items>",)]


def test_threads_of_a_script_may_call_others(executor):
    source = """
import threading
def f(x):
    threads = [threading.Thread(target=rate, args=(n,)) for n in range(x)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return rate(-1)
"""
    (outcome,) = run(executor, "def rate(x): return x", 20, source=source)
    assert outcome.output == -1
    assert len(outcome.calls) == 8
