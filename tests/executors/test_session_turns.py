"""Calls that are begun and finished later, while this process does something else."""

import gc
import os
import select
import time

import pytest

import langprop as lp
from langprop.errors import DataError, SandboxError
from langprop.executors.base import Session, SessionCall
from langprop.sandbox.outcome import Outcome

LIMITS = lp.Limits(time=0.5)


@pytest.fixture(scope="module")
def executor():
    with lp.LocalExecutor(workers=2) as made:
        yield made


def opened(executor, body, limits=LIMITS):
    return executor.open(lp.Script(f"import os, time\ndef f(x):\n    {body}\n", "f"), limits)


def calls(*arguments):
    return [SessionCall(place, (each,), {}) for place, each in enumerate(arguments)]


def finish(session):
    """Ask again and again, as one does who has other things to do."""
    end = time.perf_counter() + 30
    while time.perf_counter() < end:
        found = session.finish(wait=False)
        if found is not None:
            return found
        poll = select.poll()
        poll.register(session.fileno(), select.POLLIN)
        poll.poll(20)
    raise AssertionError("no outcomes")


@pytest.mark.parametrize("wait", [True, False])
def test_outcomes_are_those_of_call_many(executor, wait):
    with opened(executor, "return 10 // x") as session:
        session.begin(calls(1, 0, 5))
        outcomes = session.finish() if wait else finish(session)
        assert [each.status for each in outcomes] == ["ok", "exception", "ok"]
        assert outcomes[2].output == 2
        assert [each.output for each in session.call_many(calls(2))] == [5]


def test_many_sessions_at_a_time(executor):
    sessions = [opened(executor, f"return x + {n}") for n in range(6)]
    for turn in range(20):
        for session in sessions:
            session.begin(calls(turn, 2 * turn))
        for n, session in enumerate(sessions):
            assert [each.output for each in finish(session)] == [turn + n, 2 * turn + n]
    for session in sessions:
        session.close()


def test_a_call_that_hangs_or_ends_the_process_costs_only_itself(executor):
    body = "if x == 1: os._exit(3)\n    while x == 2: pass\n    return x"
    limits = lp.Limits(time=0.2)
    with opened(executor, body, limits) as session:
        session.begin(calls(0, 1, 2, 3))
        outcomes = finish(session)
        assert [each.status for each in outcomes] == ["ok", "crash", "timeout", "ok"]


def test_a_process_that_never_answers_is_noticed(executor):
    stubborn = "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\n    while True: pass"
    source = f"import signal\ndef f(x):\n    {stubborn}\n"
    with executor.open(lp.Script(source, "f"), lp.Limits(time=0.2, failures=1)) as session:
        session.begin(calls(0, 1))
        outcomes = finish(session)
        assert [each.status for each in outcomes] == ["timeout", "timeout"]
        assert "abandoned" in outcomes[1].exception


def test_who_looks_late_finds_a_large_answer(executor):
    with opened(executor, "return 'x' * x", lp.Limits(time=0.05)) as session:
        session.begin(calls(900_000, 900_000))  # more than the channel holds
        time.sleep(1.6)  # longer than the script may take to send it, if somebody listened
        outcomes = finish(session)
        assert [len(each.output) for each in outcomes] == [900_000] * 2


def test_who_has_looked_and_then_stays_away_finds_a_large_answer(executor):
    with opened(executor, "time.sleep(0.03); return 'x' * x", lp.Limits(time=0.05)) as session:
        session.call(1)  # the process is there now
        session.begin(calls(900_000, 900_000))
        assert session.finish(wait=False) is None
        time.sleep(1.6)  # as where other scripts are scored meanwhile, by a slow module
        outcomes = finish(session)
        assert [len(each.output) for each in outcomes] == [900_000] * 2


def test_only_one_turn_at_a_time(executor):
    with opened(executor, "return x") as session:
        with pytest.raises(SandboxError, match=r"begin\(\) comes first"):
            session.finish()
        session.begin(calls(1))
        for again in (session.begin, session.call_many):
            with pytest.raises(SandboxError, match=r"finish\(\) comes first"):
                again(calls(2))
        assert session.finish()[0].output == 1
        session.begin([])
        assert session.finish() == []


def test_arguments_that_cannot_be_sent_begin_nothing(executor):
    with opened(executor, "return x") as session:
        with pytest.raises(DataError, match="object"):
            session.begin(calls(object()))
        assert session.call(3).output == 3


def test_keyword_arguments_of_some_calls(executor):
    source = "def f(x, y=0): return x + y"
    with executor.open(lp.Script(source, "f"), LIMITS) as session:
        session.begin([SessionCall(0, (1,), {}), SessionCall(1, (), {"x": 2, "y": 3})])
        assert [each.output for each in session.finish()] == [1, 5]


def test_closing_at_any_moment_leaves_nothing_open(executor):
    with opened(executor, "return x") as session:
        session.call(1)  # the sandbox is there now
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counts them all
    for _ in range(20):
        session = opened(executor, "return x")
        session.begin(calls(1))
        session.close()  # most likely before the process exists
        session.close()
        with pytest.raises(SandboxError, match="closed"):
            session.finish()
    end = time.perf_counter() + 10
    while len(os.listdir("/proc/self/fd")) > before and time.perf_counter() < end:  # noqa: PTH208
        time.sleep(0.01)
    assert len(os.listdir("/proc/self/fd")) <= before  # noqa: PTH208


def test_an_executor_that_closes_ends_the_turn():
    executor = lp.LocalExecutor(workers=1)
    session = opened(executor, "time.sleep(9)")
    session.begin(calls(1))
    executor.close()
    with pytest.raises(SandboxError):
        session.finish()
    session.close()


def test_a_backend_needs_call_many_only():
    class Echo(Session):
        def call_many(self, calls):
            return [Outcome("ok", call.args[0]) for call in calls]

        def close(self):
            pass

    session = Echo()
    session.begin(calls(4, 5))
    assert session.fileno() == -1
    assert [each.output for each in session.finish(wait=False)] == [4, 5]


def test_random_numbers_of_an_episode_go_on_where_they_were(executor):
    source = "import random\ndef f(x): return random.random()"
    with executor.open(lp.Script(source, "f"), LIMITS) as session:
        alone = [session.call_many([SessionCall(7, (0,), {})])[0].output for _ in range(3)]
        session.end_episode(7)
        mixed = []
        for turn in range(3):
            outcomes = session.call_many([SessionCall(n, (0,), {}) for n in (1, 7, turn + 20)])
            mixed.append(outcomes[1].output)
        assert mixed == alone
        assert outcomes[0].output not in alone
