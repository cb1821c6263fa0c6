"""Servers that stall, die, talk nonsense or tell secrets: the real SDKs on loopback."""

import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback

import pytest

from langprop.errors import (
    LLMAuthError,
    LLMCancelled,
    LLMConnectionError,
    LLMNotFoundError,
    LLMRequestError,
)
from langprop.llms.anthropic import LONG, AnthropicLLM
from langprop.llms.openai import OpenAILLM
from langprop.llms.pool import generate_all
from langprop.llms.retry import Retry
from langprop.prompts.message import Message
from langprop.testing.server import Answer, ScriptedServer

PROMPT = [Message("user", "Hi.")]
FAILURES = (LLMConnectionError, LLMNotFoundError, LLMRequestError)
JSON = {"Content-Type": "application/json"}


def connect(backend, server, **settings):
    settings = {"max_retries": 0, **settings}
    if backend == "openai":
        return OpenAILLM("m", base_url=server.base_url, **settings)
    if backend == "anthropic, streamed":
        settings["max_tokens"] = LONG + 1
    return AnthropicLLM("m", base_url=server.address, **settings)


@pytest.fixture(params=["openai", "anthropic", "anthropic, streamed"])
def backend(request):
    return request.param


def wait_until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it didn't happen"
        time.sleep(0.01)


@pytest.mark.parametrize(
    "answer",
    [
        Answer("x" * 1000, stall=True),
        Answer("x" * 1000, drip=0.05),  # there is always something to read
        Answer("x", delay=60),
    ],
    ids=["stalls", "drips", "waits"],
)
def test_the_time_limit_counts_until_the_reply_is_complete(backend, answer):
    with ScriptedServer(answer) as server:
        llm = connect(backend, server, timeout=0.4)
        start = time.monotonic()
        with pytest.raises(LLMConnectionError, match=r"no complete reply within 0\.4 s: raise"):
            llm.generate(PROMPT)
        assert time.monotonic() - start < 10
        wait_until(lambda: server.hung_up == 1)  # the connection isn't kept
        llm.close()


def test_a_slow_reply_within_the_limit_is_a_reply():
    with ScriptedServer(Answer("x", drip=0.0001)) as server:
        llm = connect("openai", server)
        assert llm.generate(PROMPT)[0].text == "x"
        llm.close()


def test_a_server_that_dies_and_comes_back(backend):
    """Some requests are in flight when it dies, some come while it is gone."""
    arrived = threading.Semaphore(0)
    dying = threading.Event()

    def script(request):
        arrived.release()
        return Answer("before", delay=0 if dying.is_set() else 60)

    server = ScriptedServer(script).start()
    llm = connect(backend, server, retry=Retry(200, first=0.02, longest=0.1))
    results = {}

    def ask():
        results.update(generate_all(llm, [PROMPT] * 10, concurrency=5))

    thread = threading.Thread(target=ask)
    thread.start()
    for _ in range(5):
        assert arrived.acquire(timeout=20)
    server.close()
    dying.set()
    time.sleep(0.1)
    server.start()
    thread.join(30)
    assert not thread.is_alive()
    assert [getattr(result, "text", result) for result in results.values()] == ["before"] * 10
    llm.close()
    server.close()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(body="<html><title>Please log in</title>"), "page or text instead of JSON"),
        (Answer(body="<html>" + "x" * 10**6), "page or text instead of JSON"),
        (Answer(body=b"\xff\xfe\x00" * 1000, headers=JSON), "127.0.0.1"),
        (Answer(body=b"[" * 100_000, headers=JSON), "127.0.0.1"),
        (Answer(body=b'{"choices": ' + b'"' * 1000, headers=JSON), "instead of JSON"),
        (Answer(body=b"null", headers=JSON), "127.0.0.1"),
        (Answer(body=b"[1, 2]", headers=JSON), "127.0.0.1"),
        (Answer(body=b"NaN", headers=JSON), "127.0.0.1"),
        (Answer("text", headers={"Content-Type": "image/png"}), "127.0.0.1"),
        (Answer("no", status=418), "status 418"),
        (Answer("x" * 10**6, status=400), "status 400"),
        (Answer(None, status=400), "status 400"),
        (Answer(body={"error": "text"}, status=400), "status 400"),
        (Answer(body={"error": ["text"]}, status=400), "status 400"),
        (Answer(body=b"[]", status=400, headers=JSON), "status 400"),
        (Answer(body={"detail": "from FastAPI"}, status=422), "from FastAPI"),
        (Answer("", status=302, headers={"Location": "/somewhere"}), "127.0.0.1"),
        (Answer("", status=302, headers={"Location": "http://127.0.0.1:9/v1"}), "127.0.0.1"),
        (Answer(reset=True), "can't connect"),
        (Answer("x" * 1000, cut=True), "it broke off"),
    ],
)
def test_nonsense_is_reported_in_few_words(backend, answer, says):
    with ScriptedServer(answer) as server:
        llm = connect(backend, server)
        if answer.headers.get("Content-Type") == "image/png" and "streamed" not in backend:
            assert llm.generate(PROMPT)  # the type is wrong, the message is not
        else:
            with pytest.raises(FAILURES, match=says) as caught:
                llm.generate(PROMPT)
            assert len(str(caught.value)) < 800
        llm.close()


@pytest.mark.parametrize("text", ["", " \n", "x" * 5_000_000, "日本語だけの返事", "\x00\x1b[31m"])
def test_replies_of_any_size_and_language(backend, text):
    with ScriptedServer(Answer(text)) as server:
        llm = connect(backend, server)
        assert llm.generate(PROMPT)[0].text == text.replace("\x00", "?")
        llm.close()


def test_a_plain_port_that_is_asked_for_tls():
    with ScriptedServer("x") as server:
        for make in (
            lambda: OpenAILLM("m", base_url=server.base_url.replace("http:", "https:")),
            lambda: AnthropicLLM("m", base_url=server.address.replace("http:", "https:")),
        ):
            llm = make()  # with retries: this one can't pass
            start = time.monotonic()
            with pytest.raises(LLMConnectionError, match="doesn't speak TLS"):
                llm.generate(PROMPT)
            assert time.monotonic() - start < 10
            llm.close()


# Secrets


@pytest.mark.parametrize("status", [401, 500])
@pytest.mark.parametrize("key", ["sk-proj-abcdefghijklmnop", "plain+secret/0123=="])
def test_a_key_is_in_no_message_and_no_log(backend, status, key, caplog):
    caplog.set_level(logging.DEBUG)
    told = f"Your key {key} is bad; so is Bearer {key}."
    with ScriptedServer(Answer(told, status=status)) as server:
        llm = connect(backend, server, api_key=key)
        with pytest.raises(Exception, match="is bad") as caught:
            llm.generate(PROMPT)
        llm.close()
    error, texts = caught.value, ["".join(traceback.format_exception(caught.value))]
    while error is not None:
        texts += [str(error), repr(error)]
        error = error.__cause__
    assert all(key not in text for text in texts)
    assert key not in caplog.text.replace(told, "")  # the SDKs log bodies at DEBUG, if asked to


@pytest.mark.parametrize("body", ["<html>key {}", b"key {}"])
def test_a_key_in_a_page_is_not_shown(backend, body):
    key = "plain-secret-0123"
    page = body.replace("{}", key) if isinstance(body, str) else body.replace(b"{}", key.encode())
    with ScriptedServer(Answer(body=page)) as server:
        llm = connect(backend, server, api_key=key)
        with pytest.raises(LLMConnectionError) as caught:
            llm.generate(PROMPT)
        llm.close()
    assert key not in "".join(traceback.format_exception(caught.value))


def test_a_password_in_the_address_is_not_shown():
    llm = OpenAILLM("m", base_url="http://user:hunter22@127.0.0.1:9/v1", max_retries=0)
    with pytest.raises(LLMConnectionError) as caught:
        llm.generate(PROMPT)
    llm.close()
    assert "hunter22" not in "".join(traceback.format_exception(caught.value))


def test_a_key_that_was_refused_is_asked_for_once(backend):
    with ScriptedServer("x", key="right") as server:
        llm = connect(backend, server, api_key="wrong-key", max_retries=5)
        with pytest.raises(LLMAuthError):
            llm.generate(PROMPT)
        llm.close()
    assert len(server.requests) == 1


# Giving up


def test_cancel_closes_the_connections(backend):
    with ScriptedServer(Answer("x", delay=60)) as server:
        llm = connect(backend, server)
        results = {}

        def ask():
            results.update(generate_all(llm, [PROMPT] * 10, concurrency=10))

        thread = threading.Thread(target=ask)
        thread.start()
        wait_until(lambda: len(server.requests) == 10)
        llm.cancel()
        wait_until(lambda: server.hung_up == 10)
        thread.join(20)
        assert {type(result) for result in results.values()} == {LLMCancelled}
        server.replies = "more may be asked"
        assert llm.generate(PROMPT)[0].text == "more may be asked"
        llm.close()


def test_close_gives_up_what_is_in_flight(backend):
    with ScriptedServer(Answer("x", stall=True)) as server:
        llm = connect(backend, server)
        caught = []

        def ask():
            try:
                llm.generate(PROMPT, 3)
            except LLMCancelled as error:
                caught.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        wait_until(lambda: len(server.requests) == 3)
        llm.close()
        thread.join(20)
        wait_until(lambda: server.hung_up == 3)
        assert len(caught) == 1


@pytest.mark.parametrize(
    ("backend", "number"),
    [
        ("openai", signal.SIGINT),
        ("openai", signal.SIGKILL),
        ("anthropic, streamed", signal.SIGINT),
    ],
)
def test_a_process_that_is_ended_with_thirty_in_flight(backend, number):
    code = f"""
        import sys
        from langprop.llms.anthropic import AnthropicLLM
        from langprop.llms.openai import OpenAILLM
        from langprop.llms.pool import generate_all
        from langprop.prompts.message import Message

        if {backend!r} == "openai":
            llm = OpenAILLM("m", base_url=sys.argv[1] + "/v1")
        else:
            length = {LONG + 1 if "streamed" in backend else 100}
            llm = AnthropicLLM("m", base_url=sys.argv[1], max_tokens=length)
        try:
            list(generate_all(llm, [[Message("user", "x")]] * 30, concurrency=30))
        except KeyboardInterrupt:
            llm.close()
            sys.exit("interrupted")
    """
    with ScriptedServer(Answer("x", delay=120)) as server:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), server.address],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        try:
            wait_until(lambda: len(server.requests) == 30, 60)
            process.send_signal(number)
            start = time.monotonic()
            out, errors = process.communicate(timeout=20)
            assert time.monotonic() - start < 10
        finally:
            process.kill()
            process.wait()
        wait_until(lambda: server.hung_up == 30)
    assert out == b""
    assert errors.strip() == (b"interrupted" if number == signal.SIGINT else b"")
    assert process.returncode == (1 if number == signal.SIGINT else -signal.SIGKILL)
