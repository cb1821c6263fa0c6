from __future__ import annotations

import gc
import sys
import threading
import time

import pytest

from langprop.executors.inline import InlineExecutor
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
