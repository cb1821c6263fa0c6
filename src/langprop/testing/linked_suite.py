"""LinkedSuite: what every executor must do with scripts that call each other, as tests."""

# ruff: noqa: D102 - a test's name is its documentation

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from langprop.executors.base import Executor, SessionCall
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import CallRecord, Outcome
from langprop.scripts.script import Script


class LinkedSuite:
    """Tests of scripts that call each other; a part of `ExecutorSuite`."""

    limits: Limits

    def test_a_script_calls_another(self, executor: Executor) -> None:
        rate = Script("def rate(x):\n    print('rate', x)\n    return 2 * x", "rate")
        source = "def f(x):\n    print('f')\n    return rate(x) + rate(x=x[:1])"
        (outcome,) = self.linked(executor, source, [[1, 2]], rate)
        assert outcome.output == [1, 2, 1, 2, 1, 1]
        assert outcome.printed == "f\nrate [1, 2]\nrate [… [3 more characters]"
        assert outcome.calls == (
            CallRecord(([1, 2],), {}, [1, 2, 1, 2], "", "f", "rate", "rate [1, 2]\n"),
            CallRecord((), {"x": [1]}, [1, 1], "", "f", "rate", "rate ["),
        )

    def test_calls_belong_to_their_sample(self, executor: Executor) -> None:
        rate = Script("def rate(x): return x", "rate")
        source = "rate(7)\ndef f(x): return x and rate(x)"
        outcomes = self.linked(executor, source, [1, 0, 2], rate)
        assert [[call.output for call in each.calls] for each in outcomes] == [[1], [], [2]]

    def test_scripts_call_each_other_in_circles(self, executor: Executor) -> None:
        odd = Script("def odd(n): return n > 0 and f(n - 1)", "odd", uses=("f",))
        source = "def f(n): return n == 0 or odd(n - 1)"
        even, uneven, deep, endless = self.linked(executor, source, [4, 5, 900, 100_000], odd)
        assert (even.output, uneven.output, deep.output) == (True, False, True)
        assert [(call.function, call.origin, call.args) for call in even.calls] == [
            ("f", "odd", (0,)),
            ("odd", "f", (1,)),
            ("f", "odd", (2,)),
            ("odd", "f", (3,)),
        ]
        assert endless.status == "exception"
        assert "RecursionError" in endless.exception

    def test_an_exception_names_the_lines_of_all_scripts(self, executor: Executor) -> None:
        rate = Script("def helper(x):\n    return 1 / x\ndef rate(x): return helper(x)", "rate")
        (outcome,) = self.linked(executor, "def f(x):\n    return rate(x)", [0], rate)
        assert outcome.exception == (
            "line 2, in f\n    return rate(x)\n"
            "line 3 of <script rate>, in rate\n    def rate(x): return helper(x)\n"
            "line 2 of <script rate>, in helper\n    return 1 / x\n"
            "ZeroDivisionError: division by zero"
        )
        assert [call.exception for call in outcome.calls] == ["ZeroDivisionError: division by zero"]

    def test_exceptions_pass_between_scripts(self, executor: Executor) -> None:
        rate = Script("def rate(x):\n    raise KeyError(x)", "rate")
        source = (
            "def f(x):\n    try:\n        return rate(x)\n    except KeyError as error:\n"
            "        return error.args[0]"
        )
        (outcome,) = self.linked(executor, source, [3], rate)
        assert outcome.output == 3
        assert [call.exception for call in outcome.calls] == ["KeyError: 3"]

    def test_the_line_that_called_is_shown_however_deep_the_exception(
        self, executor: Executor
    ) -> None:
        rate = Script("def rate(x): return rate(x - 1) if x else undefined", "rate")
        (outcome,) = self.linked(executor, "def f(x): return rate(x)", [9], rate)
        assert outcome.exception.startswith(
            "(7 more calls)\nline 1, in f\n    def f(x): return rate(x)\nline 1 of <script rate>"
        )

    def test_arguments_of_calls_are_as_they_were_before(self, executor: Executor) -> None:
        rate = Script("def rate(x):\n    x.append(len(x))\n    return x", "rate")
        source = "def f(x): return rate(rate(x))"
        (outcome,) = self.linked(executor, source, [[]], rate)
        assert outcome.output == [0, 1]
        assert [call.args for call in outcome.calls] == [([],), ([0],)]
        assert [call.output for call in outcome.calls] == [[0], [0, 1]]

    def test_what_is_no_plain_data_is_described(self, executor: Executor) -> None:
        rate = Script("def rate(*args, **kwargs): return object()", "rate")
        source = (
            "class Odd: pass\ndef f(x):\n"
            "    rate(x, max, y=[1, {'a': Odd()}], z=[0] * 5000, **{'no name\\ud800': 1})"
        )
        (outcome,) = self.linked(executor, source, [1], rate)
        assert outcome.status == "ok"
        (call,) = outcome.calls
        assert call.args == (1, "<a function>")
        assert call.kwargs == {
            "y": "<an object of type Odd at [1]['a']>",
            "z": "<list of 5,000 items>",
        }
        assert call.output == "<an object of type object>"

    def test_of_many_calls_the_last_are_kept(self, executor: Executor) -> None:
        rate = Script("def rate(x, y): return x", "rate")
        source = "def f(x): return sum(rate(n, [0] * 300) for n in range(x))"
        limits = replace(self.limits, time=20.0)
        (outcome,) = self.linked(executor, source, [10_000], rate, limits=limits)
        assert outcome.output == sum(range(10_000))
        assert [call.output for call in outcome.calls] == list(range(9_992, 10_000))

    def test_a_definition_of_its_own_wins(self, executor: Executor) -> None:
        rate = Script("def rate(x): return 'other'", "rate")
        source = "def rate(x): return 'own'\ndef f(x): return rate(x)"
        (outcome,) = self.linked(executor, source, [1], rate)
        assert (outcome.output, outcome.calls) == ("own", ())

    def test_scripts_share_no_names(self, executor: Executor) -> None:
        low = Script("scale = 2\ndef low(x): return scale * x", "low")
        rate = Script("scale = 10\ndef rate(x): return scale * low(x)", "rate", uses=("low",))
        source = "scale = 100\ndef f(x): return scale + rate(x), 'low' in globals()"
        script = Script(source, "f", uses=("rate",), depends=(low, rate))
        (outcome,) = executor.submit(script, Inputs([((1,), {})]), self.limits).result(60)
        assert outcome.output == (120, False)

    @pytest.mark.parametrize(
        ("other", "message"),
        [
            ("def rate(x): return (", "line 1 of <script rate>\n    def rate(x): return ("),
            ("x = 1\n1 / 0", "line 2 of <script rate>\n    1 / 0\nZeroDivisionError"),
            ("def other(x): pass", "no function 'rate'; it defines other"),
            ("f(1)\ndef rate(x): pass", "'f' is called while the modules are loaded"),
        ],
    )
    def test_a_called_script_that_cannot_be_loaded(
        self, executor: Executor, other: str, message: str
    ) -> None:
        rate = Script(other, "rate", id="any", uses=("f",))
        for outcome in self.linked(executor, "def f(x): return rate(x)", [1, 2], rate):
            assert outcome.status == "exception"
            assert message in outcome.exception

    def test_the_time_limit_holds_for_all_scripts_together(self, executor: Executor) -> None:
        rate = Script("def rate(x):\n    while x:\n        pass\n    return 1", "rate")
        outcomes = self.linked(executor, "def f(x): return rate(x)", [0, 1, 0], rate)
        assert [outcome.status for outcome in outcomes] == ["ok", "timeout", "ok"]
        assert "line 2 of <script rate>" in outcomes[1].exception
        assert [len(outcome.calls) for outcome in outcomes] == [1, 1, 1]

    def test_random_numbers_of_a_called_script_are_seeded(self, executor: Executor) -> None:
        rate = Script("import random\ndef rate(): return random.random()", "rate")
        first = self.linked(executor, "def f(x): return rate()", [1, 2], rate)
        again = self.linked(executor, "def f(x): return rate()", [1, 2], rate)
        assert [each.output for each in first] == [each.output for each in again]

    def test_a_session_of_scripts_that_call_each_other(self, executor: Executor) -> None:
        rate = Script("seen = []\ndef rate(x):\n    seen.append(x)\n    return seen", "rate")
        script = Script("def f(x): return rate(x)", "f", uses=("rate",), depends=(rate,))
        with executor.open(script, self.limits) as session:
            many = session.call_many([SessionCall(n % 2, (n,), {}) for n in range(4)])
            assert [outcome.output for outcome in many] == [[0], [1], [0, 2], [1, 3]]
            assert [call.args for outcome in many for call in outcome.calls] == [
                (0,), (1,), (2,), (3,)
            ]  # fmt: skip

    def linked(
        self,
        executor: Executor,
        source: str,
        args: Sequence[Any],
        other: Script,
        *,
        limits: Limits | None = None,
    ) -> list[Outcome]:
        """Run `f` of a script that calls another one, on single arguments."""
        script = Script(source, "f", uses=(other.entry_point,), depends=(other,))
        inputs = Inputs([((arg,), {}) for arg in args])
        return executor.submit(script, inputs, limits or self.limits).result(60)
