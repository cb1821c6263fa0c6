"""ExecutorSuite: what every executor must do, as tests."""

# ruff: noqa: D102 - a test's name is its documentation

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from langprop.errors import DataError, SandboxError
from langprop.executors.base import Executor, SessionCall
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import Outcome
from langprop.scripts.script import Script
from langprop.testing.linked_suite import LinkedSuite


class ExecutorSuite(LinkedSuite):
    """Tests that every executor passes.

    ```python
    class TestMyExecutor(ExecutorSuite):
        @pytest.fixture
        def executor(self):
            with MyExecutor() as executor:
                yield executor
    ```

    Attributes:
        isolated: Whether scripts run outside this process, and can be killed. Some tests need that.
        limits: Limits for scripts that are stopped by them.
    """

    isolated = True
    limits = Limits(time=1.0, output=10_000, printed=20, failures=2)

    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        """The executor; override it."""
        raise NotImplementedError("override the fixture `executor` with one that gives yours")

    def run(self, executor: Executor, source: str, *args: Any) -> list[Outcome]:
        """Run `f` of a script on single arguments."""
        inputs = Inputs([((arg,), {}) for arg in args])
        return executor.submit(Script(source, "f"), inputs, self.limits).result(60)

    def test_outcomes_are_in_the_order_of_the_inputs(self, executor: Executor) -> None:
        outcomes = self.run(executor, "def f(x):\n    return x * 2", *range(300))
        assert [outcome.output for outcome in outcomes] == list(range(0, 600, 2))
        assert {outcome.status for outcome in outcomes} == {"ok"}

    def test_many_scripts(self, executor: Executor) -> None:
        inputs = Inputs([((2,), {}), ((), {"x": 3})])
        scripts = [Script(f"def f(x):\n    return x + {n}", "f") for n in range(10)]
        futures = [executor.submit(script, inputs, self.limits) for script in scripts]
        for n, future in enumerate(futures):
            assert [outcome.output for outcome in future.result(60)] == [2 + n, 3 + n]

    def test_no_inputs(self, executor: Executor) -> None:
        assert self.run(executor, "def f(x): return x") == []

    @pytest.mark.parametrize(
        "value",
        [
            None,
            True,
            -(3**500),
            float("inf"),
            2 - 3j,
            "é\n\0",
            b"\xff",
            [[], [1, [2]]],
            (1, ("a",)),
            {"a": 1, 2: [3], (4, 5): None},
            {1, "b"},
            frozenset({(1, 2)}),
        ],
    )
    def test_plain_data_comes_back_as_it_was(self, executor: Executor, value: Any) -> None:
        (outcome,) = self.run(executor, "def f(x): return x", value)
        assert outcome.status == "ok"
        assert outcome.output == value
        assert type(outcome.output) is type(value)

    def test_arrays_come_back_as_they_were(self, executor: Executor) -> None:
        array = np.arange(6, dtype=np.int16).reshape(2, 3)
        first, second = self.run(executor, "def f(x): return x, x[0]", array, np.array([1.5]))
        assert first.output[0].dtype == np.int16
        assert first.output[0].tolist() == array.tolist()
        assert second.output[1] == 1.5
        assert isinstance(second.output[1], np.float64)
        first.output[0][0, 0] = 9  # an answer can be changed

    def test_arguments_are_protected(self, executor: Executor) -> None:
        items, mapping, array = [1], {"a": [1]}, np.zeros(2)
        source = "def f(a, b, c):\n    a.append(2); b['a'].append(2); c[0] = 5\n    return a, b"
        inputs = Inputs([((items, mapping, array), {})] * 2)
        for _ in range(2):
            for outcome in executor.submit(Script(source, "f"), inputs, self.limits).result(60):
                assert outcome.output == ([1, 2], {"a": [1, 2]})
        assert (items, mapping, array[0]) == ([1], {"a": [1]}, 0)

    def test_arguments_must_be_plain_data(self, executor: Executor) -> None:
        with pytest.raises(
            DataError, match=r"sample 1.*object of type object at \[0\]\[0\]\['x'\]"
        ):
            executor.submit(
                Script("def f(x): return x", "f"),
                Inputs([((1,), {}), (({"x": object()},), {})]),
                Limits(),
            ).result(60)

    def test_an_exception_names_the_line_of_the_script(self, executor: Executor) -> None:
        source = "def g(x):\n    return 1 / x\ndef f(x):\n    return g(x)"
        bad, good = self.run(executor, source, 0, 2)
        assert bad.status == "exception"
        assert bad.exception == (
            "line 4, in f\n    return g(x)\nline 2, in g\n    return 1 / x\n"
            "ZeroDivisionError: division by zero"
        )
        assert good.output == 0.5

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ("raise SystemExit(3)", "SystemExit: 3"),
            ("import sys; sys.exit()", "SystemExit"),
            ("return input()", "EOFError"),
            ("return f(x)", "RecursionError"),
            ("return undefined", "NameError: name 'undefined' is not defined"),
            ("raise BaseException('mine')", "BaseException: mine"),
        ],
    )
    def test_exceptions(self, executor: Executor, body: str, message: str) -> None:
        (outcome,) = self.run(executor, f"def f(x): {body}", 1)
        assert outcome.status == "exception"
        assert message in outcome.exception

    @pytest.mark.parametrize(
        ("source", "message"),
        [
            ("def f(x:", "SyntaxError"),
            ("def g(x): return x", "NameError: the script defines no function 'f'; it defines g"),
            ("f = 3", "NameError: the script defines no function 'f'"),
            ("1 / 0", "line 1\n    1 / 0\nZeroDivisionError"),
            ("import no_such_module", "ModuleNotFoundError"),
            ("def f(x): return '\ud800'", "UnicodeEncodeError"),
            ("def f(x): return x\0", "null byte"),
            ("(" * 100_000, "SyntaxError: too many nested parentheses"),
        ],
    )
    def test_a_script_that_cannot_be_loaded(
        self, executor: Executor, source: str, message: str
    ) -> None:
        outcomes = executor.submit(
            Script(source, "f", id="any"), Inputs([((1,), {})] * 2), self.limits
        ).result(60)
        for outcome in outcomes:
            assert outcome.status == "exception"
            assert message in outcome.exception

    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            ("(i for i in x)", "f returned a generator"),
            ("f", "f returned a function"),
            ("[1, {'a': object()}]", "an object of type object at [1]['a']"),
            ("__import__('math')", "f returned a module"),
            ("loop(x)", "nested more than 64 deep"),
            ("'\\ud800'", "surrogates"),
            ("'x' * 20_000", "an answer of 20,003 bytes; the limit is 10,000"),
            ("10 ** 5000", "an integer of 16,610 bits"),
        ],
    )
    def test_answers_that_are_no_plain_data(
        self, executor: Executor, answer: str, message: str
    ) -> None:
        source = f"def loop(x):\n    x.append(x)\n    return x\ndef f(x): return {answer}"
        (outcome,) = self.run(executor, source, [1])
        assert outcome.status == "bad_output"
        assert message in outcome.exception
        assert outcome.output is None

    def test_prints_are_kept_per_sample_and_cut(self, executor: Executor) -> None:
        source = (
            "import sys\ndef f(x):\n    print(x)\n    sys.stderr.write('e')\n    print('y' * x)"
        )
        few, many = self.run(executor, source, 3, 1_000_000)
        assert few.printed == "3\neyyy\n"
        assert many.printed == "1000000\neyyyyyyyyyyy… [999,990 more characters]"

    def test_control_characters_are_removed(self, executor: Executor) -> None:
        source = (
            "def f(x):\n    print('a\\x1b[31mb\\x07\\u202e')\n"
            "    raise ValueError('\\x1b]0;x\\x07')"
        )
        (outcome,) = self.run(executor, source, 1)
        assert outcome.printed == "ab\n"
        assert outcome.exception.endswith("ValueError: ]0;x")

    def test_the_module_body_runs_once(self, executor: Executor) -> None:
        source = "calls = []\ndef f(x):\n    calls.append(x)\n    return len(calls)"
        assert [outcome.output for outcome in self.run(executor, source, 7, 7, 7)] == [1, 2, 3]
        assert [outcome.output for outcome in self.run(executor, source, 7)] == [1]

    def test_dataclasses_work(self, executor: Executor) -> None:
        source = (
            "from __future__ import annotations\nfrom dataclasses import dataclass\n"
            "@dataclass\nclass P:\n    x: int\ndef f(x): return P(x).x"
        )
        assert self.run(executor, source, 4)[0].output == 4

    def test_the_time_limit(self, executor: Executor) -> None:
        source = "def f(x):\n    while x:\n        pass\n    return 1"
        outcomes = self.run(executor, source, 0, 1, 0)
        assert [outcome.status for outcome in outcomes] == ["ok", "timeout", "ok"]
        assert f"no answer within {self.limits.time:g} s" in outcomes[1].exception

    def test_an_end_of_the_process_is_a_crash(self, executor: Executor) -> None:
        self.need_isolation()
        source = "import os\ndef f(x):\n    if x: os._exit(3)\n    return x"
        outcomes = self.run(executor, source, 0, 1, 0)
        assert [outcome.status for outcome in outcomes] == ["ok", "crash", "ok"]
        assert "exit code 3" in outcomes[1].exception

    def test_a_candidate_that_keeps_breaking_limits_is_abandoned(self, executor: Executor) -> None:
        self.need_isolation()
        outcomes = self.run(executor, "import os\ndef f(x): os._exit(3)", *range(50))
        assert {outcome.status for outcome in outcomes} == {"crash"}
        assert "exit code 3" in outcomes[1].exception
        assert "not run: the candidate was abandoned after 2 calls" in outcomes[2].exception

    def test_scripts_are_isolated_from_each_other(self, executor: Executor) -> None:
        self.need_isolation()
        spoil = (
            "import math, builtins\nmath.pi = 3\nbuiltins.sorted = None\ndef f(x): return math.pi"
        )
        assert self.run(executor, spoil, 1)[0].output == 3
        look = "import math, os\ndef f(x): return math.pi, sorted([1]), os.getpid()"
        pi, items, pid = self.run(executor, look, 1)[0].output
        assert pi > 3.1
        assert items == [1]
        assert pid != os.getpid()

    def test_a_session_keeps_state_by_episode(self, executor: Executor) -> None:
        source = "calls = []\ndef f(x):\n    calls.append(x)\n    return calls"
        with executor.open(Script(source, "f"), self.limits) as session:
            assert session.call(1).output == [1]
            assert session.call(x=2).output == [1, 2]
            many = session.call_many([SessionCall(7, (3,), {}), SessionCall(0, (4,), {})])
            assert [outcome.output for outcome in many] == [[3], [1, 2, 4]]
            session.end_episode(0)
            assert session.call(5).output == [5]
            assert session.call_many([]) == []

    def test_a_session_reports_failures(self, executor: Executor) -> None:
        source = "def f(x):\n    print(x)\n    return [1 / x, (i for i in ())][x > 1]"
        with executor.open(Script(source, "f"), self.limits) as session:
            calls = [SessionCall(0, (x,), {}) for x in (0, 1, 2)]
            outcomes = session.call_many(calls)
        assert [outcome.status for outcome in outcomes] == ["exception", "ok", "bad_output"]
        assert [outcome.printed for outcome in outcomes] == ["0\n", "1\n", "2\n"]
        assert "line 3, in f" in outcomes[0].exception

    def test_a_session_of_a_script_that_cannot_be_loaded(self, executor: Executor) -> None:
        with executor.open(Script("x = 1", "f"), self.limits) as session:
            assert session.call(1).status == "exception"
            assert "no function 'f'" in session.call(1).exception

    def test_arguments_of_a_session_must_be_plain_data(self, executor: Executor) -> None:
        with executor.open(Script("def f(x): return x", "f"), self.limits) as session:
            with pytest.raises(DataError, match="an object of type object"):
                session.call(object())
            assert session.call(1).output == 1

    def test_a_session_protects_arguments(self, executor: Executor) -> None:
        items = [1]
        with executor.open(Script("def f(x): x.append(2); return x", "f"), self.limits) as session:
            assert session.call(items).output == [1, 2]
        assert items == [1]

    def test_a_session_goes_on_after_a_hang(self, executor: Executor) -> None:
        source = "def f(x):\n    while x == 1: pass\n    return x"
        with executor.open(Script(source, "f"), self.limits) as session:
            outcomes = session.call_many([SessionCall(x, (x,), {}) for x in range(3)])
            assert [outcome.status for outcome in outcomes] == ["ok", "timeout", "ok"]
            assert session.call(5).output == 5

    def test_calls_that_are_begun_are_finished_later(self, executor: Executor) -> None:
        """Two sessions side by side; one episode fails, and keeps the others as they are."""
        source = "calls = []\ndef f(x):\n    calls.append(x)\n    return 6 // x, len(calls)"
        script = Script(source, "f")
        with (
            executor.open(script, self.limits) as one,
            executor.open(script, self.limits) as other,
        ):
            for turn in (1, 2):
                one.begin([SessionCall(episode, (x,), {}) for episode, x in enumerate((1, 0, 3))])
                other.begin([SessionCall(0, (turn,), {})])
                outcomes = one.finish()
                assert outcomes is not None
                assert [each.status for each in outcomes] == ["ok", "exception", "ok"]
                assert [each.output for each in outcomes] == [(6, turn), None, (2, turn)]
                found = other.finish()
                assert found is not None
                assert found[0].output == (6 // turn, turn)

    def test_whoever_does_not_wait_gets_the_same(self, executor: Executor) -> None:
        with executor.open(Script("def f(x): return x * 2", "f"), self.limits) as session:
            session.begin([SessionCall(0, (x,), {}) for x in range(3)])
            while (outcomes := session.finish(wait=False)) is None:
                if session.fileno() >= 0:  # what may be waited for
                    select.select([session.fileno()], [], [], 0.1)
            assert [each.output for each in outcomes] == [0, 2, 4]

    def test_closed_means_closed(self, executor: Executor) -> None:
        session = executor.open(Script("def f(x): return x", "f"), self.limits)
        session.call(1)
        session.close()
        session.close()
        with pytest.raises(SandboxError, match="closed"):
            session.call(1)
        executor.close()
        executor.close()
        with pytest.raises(SandboxError, match="closed"):
            self.run(executor, "def f(x): return x", 1)

    def need_isolation(self) -> None:
        """Skip a test that would end this process, or harm it."""
        if not self.isolated:
            pytest.skip("scripts run in this process")
