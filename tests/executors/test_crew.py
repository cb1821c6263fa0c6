"""Helpers of an executor, apart from what they do."""

import functools
import pickle
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import langprop as lp
from langprop.errors import SandboxError
from langprop.executors.pickles import LENGTH, Reader, portable


@given(st.lists(st.binary(max_size=50), max_size=10), st.data())
@settings(max_examples=50)
def test_messages_arrive_however_they_are_cut(messages, data):
    stream = b"".join(LENGTH.pack(len(each)) + each for each in messages)
    reader, found = Reader(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += reader.feed(stream[:size])
        stream = stream[size:]
    assert found == messages


class Here:
    """Somebody's class."""


def test_what_goes_by_its_name_is_portable(monkeypatch):
    assert pickle.loads(portable((len, functools.partial(min, 3), {"a": [1, None]})))[0] is len
    for thing in (lambda: None, threading.Lock(), (n for n in [])):
        with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
            portable(thing)
    monkeypatch.setattr(Here, "__module__", "__main__")
    for thing in (Here, Here(), [functools.partial(Here)]):
        with pytest.raises(pickle.PicklingError, match="Here is defined in the program"):
            portable(thing)


def test_other_executors_have_no_crew():
    with lp.InlineExecutor() as executor:
        assert executor.crew is None


def test_a_closed_executor_has_no_crew():
    executor = lp.LocalExecutor(2)
    crew = executor.crew
    executor.close()
    with pytest.raises(SandboxError, match="closed"):
        _ = executor.crew
    with crew.claimed() as free:
        assert not free


def test_one_thread_at_a_time_has_them():
    with lp.LocalExecutor(2) as executor, executor.crew.claimed() as free:
        assert free
        with executor.crew.claimed() as again:
            assert not again


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"isolation": "nonsense"}, "ConfigError"),
        ({"require_level": 3, "isolation": "process"}, "IsolationError"),
    ],
)
def test_why_there_are_none(settings, problem):
    from langprop.executors.crew import Crew, start_helper

    with lp.LocalExecutor(1) as executor:
        dispatcher = executor._current()
        serve = "langprop.evaluation.serve:serve"
        crew = Crew(1, lambda: start_helper(dispatcher, serve, settings))
        crew.ask(1)
        while not crew.problem:
            crew.hear(1.0)
        assert problem in crew.problem
        assert not crew.helpers
        while crew._helpers:
            crew.hear(1.0)
        crew.ask(1)  # in vain
        assert not crew.expected
        crew.close()


def test_closing_the_executor_ends_a_rollout_that_waits_for_helpers():
    """From another thread, while this one has nothing to do."""
    with lp.LocalExecutor(1, rollout_workers=2) as executor:
        crew = executor.crew
        crew.ask(1)
        while not crew.helpers:
            crew.hear(1.0)
        threading.Timer(0.1, executor.close).start()

        def wait():
            while True:
                crew.hear(1.0)

        with pytest.raises(SandboxError, match="closed during a rollout"):
            wait()
