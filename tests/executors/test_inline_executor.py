from __future__ import annotations

import gc
import random
import sys
import threading
import time

import numpy as np
import pytest

from langprop.executors.base import SessionCall
from langprop.executors.inline import InlineExecutor
from langprop.executors.local import LocalExecutor
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script
from langprop.testing.executor_suite import ExecutorSuite


class TestInlineExecutor(ExecutorSuite):
    isolated = False

    @pytest.fixture
    def executor(self):
        with InlineExecutor() as executor:
            yield executor


def test_the_streams_are_given_back(capsys):
    stdout, stdin = sys.stdout, sys.stdin
    script = Script("import sys\nprint('x')\nsys.stdout = None\ndef f(x): return 1 / x", "f")
    InlineExecutor().submit(script, Inputs([((0,), {})]), Limits())
    assert (sys.stdout, sys.stdin) == (stdout, stdin)
    assert capsys.readouterr().out == ""


RANDOM = """
import random
import numpy as np
def f(x):
    return random.random(), np.random.rand(), np.random.default_rng().random()
"""


def test_random_numbers_are_those_of_other_executors_and_yours_go_on_as_they_were():
    def yours():
        state = np.random.get_state()  # noqa: NPY002 - scripts may use it
        return random.getstate(), repr(state), np.random.default_rng

    def in_batches(executor):
        inputs = Inputs([((number,), {}) for number in range(3)])
        return [each.output for each in executor.submit(script, inputs, Limits()).result()]

    def in_sessions(executor):
        with executor.open(script, Limits()) as session:
            turns = [[SessionCall(n, (0,), {}) for n in turn] for turn in ([4, 5], [5], [5, 4])]
            return [each.output for turn in turns for each in session.call_many(turn)]

    script = Script(RANDOM, "f")
    before = yours()
    found = in_batches(InlineExecutor()), in_sessions(InlineExecutor())
    assert yours() == before
    with LocalExecutor(workers=1) as other:
        assert found == (in_batches(other), in_sessions(other))
    assert len({number for each in found[1] for number in each}) == 15


def test_a_user_can_interrupt_it():
    script = Script("def f(x): raise KeyboardInterrupt", "f")
    with pytest.raises(KeyboardInterrupt):
        InlineExecutor().submit(script, Inputs([((0,), {})]), Limits())


def test_in_another_thread_the_limit_is_noticed_afterwards():
    statuses = []

    def work() -> None:
        script = Script("import time\ndef f(x): time.sleep(x)", "f")
        future = InlineExecutor().submit(
            script, Inputs([((0.0,), {}), ((0.05,), {})]), Limits(time=0.04)
        )
        statuses.extend(outcome.status for outcome in future.result())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert statuses == ["ok", "timeout"]


def test_the_end_of_time_is_not_lost_in_a_callback_of_the_collector(monkeypatch):
    """What is raised there is only printed, whoever installed it (here a test's own library)."""
    lost = []
    monkeypatch.setattr(sys, "unraisablehook", lost.append)

    def slow(phase, info):
        end = time.perf_counter() + 0.0005
        while time.perf_counter() < end:
            pass

    source = """
import gc, time
def f():
    while True:
        gc.collect(0)
        end = time.perf_counter() + 0.002
        while time.perf_counter() < end:
            pass
"""
    gc.callbacks.append(slow)
    try:
        future = InlineExecutor().submit(
            Script(source, "f"), Inputs([((), {})] * 20), Limits(time=0.02)
        )
        outcomes = future.result()
    finally:
        gc.callbacks.remove(slow)
    assert [outcome.status for outcome in outcomes] == ["timeout"] * 20
    assert not lost
