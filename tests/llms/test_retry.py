"""When a request that failed is sent again: the rules, and storms of refusals."""

import asyncio
import threading
import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.errors import ConfigError, LLMCancelled, LLMConnectionError, LLMError, LLMRequestError
from langprop.llms.anthropic import AnthropicLLM
from langprop.llms.background import AsyncLLM
from langprop.llms.base import Reply
from langprop.llms.openai import OpenAILLM
from langprop.llms.pool import generate_all
from langprop.llms.retry import Retry, retry_after
from langprop.prompts.message import Message
from langprop.testing.server import Answer, ScriptedServer

PROMPT = [Message("user", "Hi.")]


def transient(text="busy", after=None):
    error = LLMConnectionError(text)
    error.transient, error.retry_after = True, after
    return error


def run(retry, outcomes):
    """Attempt with these outcomes; gives the result or the error, and the pauses asked for."""
    pauses, left = [], list(outcomes)

    async def attempt():
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def pause(seconds):
        pauses.append(seconds)

    try:
        return asyncio.run(retry(attempt, pause)), pauses
    except LLMError as error:
        return error, pauses


# The rules


def test_what_may_pass_is_tried_again():
    result, pauses = run(Retry(first=1.0), [transient(), transient(), "done"])
    assert result == "done"
    assert 0.5 <= pauses[0] <= 1.0 <= pauses[1] <= 2.0


def test_what_can_not_pass_is_not():
    error, pauses = run(Retry(), [LLMRequestError("no")])
    assert (str(error), pauses) == ("no", [])


def test_the_text_says_how_often_it_was_tried():
    error, pauses = run(Retry(3), [transient("busy.")])
    assert str(error) == "busy (tried 4 times)."
    assert error.transient
    assert len(pauses) == 3
    error, _ = run(Retry(0), [transient("busy.")])
    assert str(error) == "busy."


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 200), st.floats(1e-3, 100), st.floats(0, 100))
def test_pauses_double_up_to_the_longest(times, first, longest):
    retry = Retry(times, first=first, longest=longest, total=1e9)
    error, pauses = run(retry, [transient()])
    assert isinstance(error, LLMConnectionError)
    for made, pause in enumerate(pauses):
        due = min(longest, first * 2.0 ** min(made, 60))
        assert due / 2 <= pause <= due


@settings(deadline=None)
@given(st.floats(0, 100))
def test_what_the_server_asks_for_is_the_least(asked):
    retry = Retry(4, first=1.0, longest=5.0, total=1e9)
    _, pauses = run(retry, [transient(after=asked)])
    assert len(pauses) == 4
    assert asked <= pauses[0] <= asked * 1.1 + 0.05
    assert all(asked <= pause <= asked * 1.1 + 5.05 for pause in pauses)


def test_a_pause_beyond_the_total_fails_at_once():
    error, pauses = run(Retry(total=60), [transient(after=3600)])
    assert pauses == []
    assert "tried 1 times in 0 s, and the server asks to wait" in str(error)


def test_the_total_bounds_all_attempts():
    start = time.monotonic()
    retry = Retry(10**6, first=0.01, longest=0.02, total=0.2)

    async def attempt():
        raise transient()

    with pytest.raises(LLMConnectionError, match=r"tried \d+ times in 0 s"):
        asyncio.run(retry(attempt, asyncio.sleep))
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    "numbers",
    [{"times": -1}, {"times": 0.5}, {"first": -1}, {"total": float("nan")}, {"longest": -0.1}],
)
def test_numbers_that_can_not_be(numbers):
    with pytest.raises(ValueError, match="must be a number of at least 0"):
        Retry(**numbers)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"RETRY-AFTER-MS": "250", "Retry-After": "7"}, 0.25),
        ({"retry-after-ms": "soon", "Retry-After": "7"}, 7.0),
        ({"retry-after-ms": "nan", "Retry-After": "7"}, 7.0),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": "tomorrow"}, None),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"Retry-After": "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"}, None),
    ],
)
def test_how_long_a_server_asks_to_wait(headers, seconds):
    assert retry_after(headers) == seconds


def test_a_date_is_how_long_it_is_until_then():
    date = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=100), usegmt=True)
    assert 90 < retry_after({"Retry-After": date}) <= 100


@given(st.text())
def test_any_header_is_survived(text):
    seconds = retry_after({"Retry-After": text, "retry-after-ms": text})
    assert seconds is None or 0 <= seconds < float("inf")


# Many requests together


class Stub(AsyncLLM):
    """A backend of one's own: one coroutine."""

    name = "stub"

    def __init__(self, outcome, **settings):
        super().__init__(**settings)
        self.outcome, self.asked = outcome, 0

    async def ask(self, messages):
        self.asked += 1
        result = self.outcome(self.asked)
        if isinstance(result, Exception):
            raise result
        if result is None:
            await asyncio.sleep(1000)
        return Reply(result)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
def test_a_time_limit_must_be_one(timeout):
    with pytest.raises(ConfigError, match="timeout must be a positive number"):
        Stub(lambda asked: "x", timeout=timeout)


def test_the_time_limit_is_for_one_attempt():
    llm = Stub(lambda asked: None if asked == 1 else "x", timeout=0.1, retry=Retry(first=0.01))
    assert llm.generate(PROMPT)[0].text == "x"
    assert llm.asked == 2


def test_the_first_failure_gives_the_others_up():
    llm = Stub(lambda asked: LLMRequestError("no") if asked == 3 else None)
    with pytest.raises(LLMRequestError, match="no"):
        llm.generate(PROMPT[:1], 5)
    assert not llm._flying  # of its own tests only: nothing runs on in the background


def test_cancel_from_another_thread():
    llm = Stub(lambda asked: None)
    caught = []

    def call():
        try:
            llm.generate(PROMPT, 3)
        except LLMCancelled as error:
            caught.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    while llm.asked < 3:
        time.sleep(0.01)
    llm.cancel()
    thread.join(10)
    assert not thread.is_alive()
    assert "was given up" in str(caught[0])
    llm.outcome = lambda asked: "x"
    assert llm.generate(PROMPT)[0].text == "x"  # more may be asked


def test_a_pause_is_given_up_too():
    llm = Stub(lambda asked: transient(after=100))
    timer = threading.Timer(0.1, llm.cancel)
    timer.start()
    with pytest.raises(LLMCancelled):
        llm.generate(PROMPT)
    timer.join()


def test_new_requests_wait_with_those_that_were_refused():
    llm = Stub(lambda asked: transient(after=0.3) if asked == 1 else "x")
    first = threading.Thread(target=llm.generate, args=(PROMPT,))
    first.start()
    while not llm.asked:
        time.sleep(0.01)
    time.sleep(0.1)  # it has been refused
    start = time.monotonic()
    llm.generate(PROMPT)
    assert time.monotonic() - start > 0.1
    first.join()


# The real SDKs at a server that limits


class Limited:
    """Lets so many requests in a window through, and asks the others to come back in the next."""

    def __init__(self, rate, window, header):
        self.rate, self.window, self.header = rate, window, header
        self.admitted = Counter()
        self.lock = threading.Lock()

    def __call__(self, request):
        with self.lock:
            window = int(time.time() / self.window)
            if self.admitted[window] < self.rate:
                self.admitted[window] += 1
                return "at last"
        return Answer("Slow down.", status=429, headers=self.header(self.window))


def seconds(window):
    return {"Retry-After": f"{window:g}"}


def milliseconds(window):
    return {"retry-after-ms": f"{window * 1e3:g}"}


def date(window):
    then = datetime.now(timezone.utc) + timedelta(seconds=window)
    return {"Retry-After": format_datetime(then, usegmt=True)}  # in whole seconds, rounded down


def connect(backend, server, **settings):
    if backend == "openai":
        return OpenAILLM("m", base_url=server.base_url, **settings)
    return AnthropicLLM("m", base_url=server.address, **settings)


@pytest.mark.parametrize("backend", ["openai", "anthropic"])
def test_a_storm_of_refusals(backend):
    """A hundred in flight, ten admitted in each tenth of a second: all get through."""
    limited = Limited(10, 0.1, milliseconds)
    with ScriptedServer(limited) as server:
        llm = connect(backend, server, retry=Retry(8, first=0.1, longest=3.0))
        results = dict(generate_all(llm, [PROMPT] * 100, concurrency=100))
        llm.close()
    assert Counter(type(result).__name__ for result in results.values()) == {"Reply": 100}
    assert len(server.requests) < 600


@pytest.mark.parametrize("header", [seconds, date])
def test_a_storm_with_both_forms_of_the_header(header):
    limited = Limited(10, 1.0, header)
    with ScriptedServer(limited) as server:
        llm = connect("openai", server)
        results = dict(generate_all(llm, [PROMPT] * 20, concurrency=20))
        llm.close()
    assert Counter(type(result).__name__ for result in results.values()) == {"Reply": 20}


@pytest.mark.parametrize("backend", ["openai", "anthropic"])
def test_a_storm_without_end_is_given_up(backend):
    with ScriptedServer(Answer("Slow.", status=429, headers={"Retry-After": "0"})) as server:
        llm = connect(backend, server, retry=Retry(3, first=0.02))
        results = dict(generate_all(llm, [PROMPT] * 20, concurrency=20))
        llm.close()
    assert {type(result) for result in results.values()} == {LLMConnectionError}
    assert "limits the rate of requests (Slow)" in str(results[0])
    assert str(results[0]).endswith("(tried 4 times).")
    assert len(server.requests) == 80


@pytest.mark.parametrize("backend", ["openai", "anthropic"])
def test_a_server_that_asks_for_too_long_is_not_waited_for(backend):
    with ScriptedServer(Answer("Slow.", status=429, headers={"Retry-After": "86400"})) as server:
        llm = connect(backend, server)
        with pytest.raises(LLMConnectionError, match="the server asks to wait"):
            llm.generate(PROMPT)
        llm.close()
    assert len(server.requests) == 1


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from([429, 500, 502, 503, 529, 0]), max_size=4))
def test_any_row_of_passing_failures_is_survived(failures):
    answers = [Answer("x", status=status) if status else Answer(drop=True) for status in failures]
    with ScriptedServer([*answers, "done"]) as server:
        llm = connect("anthropic", server, retry=Retry(4, first=0.001))
        assert llm.generate(PROMPT)[0].text == "done"
        llm.close()
    assert len(server.requests) == len(failures) + 1
