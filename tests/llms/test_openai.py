"""OpenAILLM: the real SDK against a scripted server."""

import os
import threading
import traceback
import warnings

import pytest

from langprop.errors import (
    ConfigError,
    LLMAuthError,
    LLMConnectionError,
    LLMNotFoundError,
    LLMRequestError,
)
from langprop.llms.openai import OpenAILLM
from langprop.prompts.message import Message
from langprop.testing.llm_suite import LLMSuite
from langprop.testing.server import Answer, ScriptedServer

PROMPT = [Message("system", "Be brief."), Message("user", "Hi.")]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    for name in (
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "OPENAI_API_VERSION",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "AZURE_OPENAI_API_KEY",
        "AZURE_OPENAI_AD_TOKEN",
        "AZURE_OPENAI_ENDPOINT",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def ask():
    """Ask a server that answers as told; gives the reply, and the server."""
    open_now = []

    def ask(answer, *, key=None, models=None, model="m", **settings):
        server = ScriptedServer(answer, key=key, models=models).start()
        open_now.append(server)
        llm = OpenAILLM(model, base_url=server.base_url, **{"max_retries": 0, **settings})
        open_now.append(llm)
        return llm.generate(PROMPT)[0], server

    yield ask
    for thing in reversed(open_now):
        thing.close()


class TestContract(LLMSuite):
    @pytest.fixture
    def llm(self):
        with ScriptedServer("some text") as server:
            yield OpenAILLM("scripted", base_url=server.base_url)


def test_a_reply_with_its_usage(ask):
    usage = {
        "prompt_tokens": 11,
        "completion_tokens": 7,
        "total_tokens": 18,
        "prompt_tokens_details": {"cached_tokens": 4},
    }
    reply, server = ask(Answer("Hello.", usage=usage), model="big", temperature=0.5, max_tokens=9)
    assert (reply.text, reply.model, reply.finish_reason) == ("Hello.", "big", "stop")
    assert (reply.usage.calls, reply.usage.usd) == (1, None)
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (11, 7)
    assert reply.usage.cached_tokens == 4
    (request,) = server.requests
    assert request.body == {
        "model": "big",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi."},
        ],
        "temperature": 0.5,
        "max_tokens": 9,
    }


def test_parameters_of_other_servers_go_through_extra_body(ask):
    _, server = ask("x", extra_body={"top_k": 3}, reasoning_effort="low", seed=1)
    assert server.requests[0].body["top_k"] == 3
    assert server.requests[0].body["reasoning_effort"] == "low"


def test_n_replies_are_n_requests_in_flight_together():
    everybody = threading.Barrier(5)

    def answer(request):
        everybody.wait(timeout=20)
        return "together"

    with ScriptedServer(answer) as server:
        llm = OpenAILLM("m", base_url=server.base_url)
        assert [reply.text for reply in llm.generate(PROMPT, 5)] == ["together"] * 5
        llm.close()
    assert all("n" not in request.body for request in server.requests)


@pytest.mark.parametrize(
    ("answer", "text", "reason"),
    [
        (Answer(None, finish_reason="length"), "", "length"),
        (Answer("x", usage=None), "x", "stop"),
        (
            Answer(body={"choices": [{"message": {"content": None, "refusal": "No."}}]}),
            "No.",
            "stop",
        ),
        (
            Answer(
                body={"choices": [{"message": {"content": [{"type": "text", "text": "a"}, "b"]}}]}
            ),
            "ab",
            "stop",
        ),
        (Answer("half \ud800 pair"), "half ? pair", "stop"),
    ],
)
def test_odd_but_usable_answers(ask, answer, text, reason):
    reply, _ = ask(answer)
    assert (reply.text, reply.finish_reason) == (text, reason)


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (Answer("no", status=403), LLMAuthError, "doesn't let this key use 'm'"),
        (
            Answer("maximum context length is 8192", status=400, code="context_length_exceeded"),
            LLMRequestError,
            "the prompt is too long for 'm'",
        ),
        (
            Answer("prompt is too long: 9 tokens > 8", status=400),
            LLMRequestError,
            "the prompt is too long for 'm'",
        ),
        (Answer("bad temperature", status=400), LLMRequestError, "bad temperature"),
        (Answer("no money", status=429, code="insufficient_quota"), LLMRequestError, "no credit"),
        (Answer("slow", status=429), LLMConnectionError, "limits the rate"),
        (Answer("oops", status=503), LLMConnectionError, "keeps failing with status 503"),
        (Answer(body="<html>Login"), LLMConnectionError, "page or text instead of JSON"),
        (Answer(body="<html>", status=502), LLMConnectionError, "status 502: .* page or text"),
        (
            Answer(body=b"{bad", headers={"Content-Type": "application/json"}),
            LLMConnectionError,
            "JSON",
        ),
        (Answer(body={"choices": []}), LLMRequestError, "without a choice"),
        (Answer(body={"error": {"message": "upstream died"}}), LLMRequestError, "upstream died"),
        (Answer(body={"choices": [{}]}), LLMConnectionError, "isn't a chat completion"),
        (Answer(body={"choices": "abc"}), LLMConnectionError, "isn't a chat completion"),
        (Answer(drop=True), LLMConnectionError, "can't connect to http://127.0.0.1:"),
    ],
)
def test_each_failure_says_what_to_do(ask, answer, kind, says):
    with pytest.raises(kind, match=says):
        ask(answer)


@pytest.mark.parametrize("answer", [Answer("x", stall=True), Answer("x", delay=60)])
def test_a_server_that_stalls(ask, answer):
    with pytest.raises(
        LLMConnectionError, match=r"no complete reply within 0\.3 s: raise timeout="
    ):
        ask(answer, timeout=0.3)


def test_a_server_that_is_not_there():
    with ScriptedServer() as server:
        gone = server.base_url
    llm = OpenAILLM("m", base_url=gone, max_retries=0)
    with pytest.raises(LLMConnectionError, match=r"can't connect to http://127.*check that the"):
        llm.generate(PROMPT)
    llm.close()


def test_the_sdk_is_the_only_one_that_tries_again(ask):
    slow = Answer("slow", status=429, headers={"Retry-After": "0"})
    reply, server = ask([slow, "at last"], max_retries=1)
    assert reply.text == "at last"
    assert len(server.requests) == 2


@pytest.mark.parametrize("key", ["sk-proj-0123456789abcdef", "a-plain-secret"])
def test_a_wrong_key_is_never_shown(ask, key):
    with pytest.raises(LLMAuthError, match=r"refused the key.*check OPENAI_API_KEY") as caught:
        ask("x", key="the-right-one", api_key=key)
    assert key not in "".join(traceback.format_exception(caught.value))


def test_what_looks_like_a_key_is_blotted_out_too(ask):
    with pytest.raises(LLMRequestError) as caught:
        ask(Answer("bad key sk-abcd****wxyz in Bearer abcdefghij1234", status=400))
    assert "wxyz" not in str(caught.value)
    assert "abcdefghij" not in str(caught.value)


def test_an_unknown_model(ask):
    with pytest.raises(LLMNotFoundError, match=r"knows no model 'gpt-9'.*check the model's name"):
        ask("x", models=["gpt-1"], model="gpt-9")


def test_the_key_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", " right-key\n")
    with ScriptedServer("x", key="right-key") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        llm = OpenAILLM("m")
        assert llm.generate(PROMPT)[0].text == "x"
        assert "right-key" not in repr(llm)
        llm.close()


def test_a_proxy_is_not_asked_for_this_machine(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with ScriptedServer("x") as server:
        llm = OpenAILLM("m", base_url=server.base_url, max_retries=0)
        assert llm.generate(PROMPT)[0].text == "x"
        llm.close()


def test_azure_through_the_sdk():
    with ScriptedServer("x", key="azure-key") as server:
        llm = OpenAILLM(
            "gpt-5-mini",
            azure_endpoint=server.base_url.removesuffix("/v1"),
            azure_deployment="mine",
            api_version="2025-01-01",
            api_key="azure-key",
        )
        assert llm.generate(PROMPT)[0].text == "x"
        llm.close()
    assert server.requests[0].path.startswith(
        "/openai/deployments/mine/chat/completions?api-version="
    )


@pytest.mark.parametrize(
    ("settings", "kind", "says"),
    [
        ({}, LLMAuthError, "export OPENAI_API_KEY="),
        ({"model": ""}, ConfigError, "openai:gpt-5-mini"),
        ({"base_url": "localhost:8000"}, ConfigError, "http://localhost:8000/v1"),
        ({"api_key": "two words"}, LLMAuthError, "characters that no key has"),
        ({"api_key": "k", "nonsense": 1}, ConfigError, r"extra_body=\{'nonsense'"),
        ({"api_key": "k", "n": 2}, ConfigError, "set by OpenAILLM itself"),
        ({"api_key": "k", "timeout": 0}, ConfigError, "timeout"),
        ({"api_key": "k", "max_retries": -1}, ConfigError, "max_retries"),
        ({"azure_deployment": "d"}, ConfigError, "azure_endpoint="),
        ({"azure_endpoint": "https://a.b", "base_url": "https://c.d"}, ConfigError, "not both"),
        ({"azure_endpoint": "https://a.b"}, ConfigError, "api_version"),
        (
            {"azure_endpoint": "https://a.b", "api_version": "1"},
            LLMAuthError,
            "export AZURE_OPENAI_API_KEY=",
        ),
    ],
)
def test_settings_that_can_not_work_are_refused_at_once(settings, kind, says):
    with pytest.raises(kind, match=says):
        OpenAILLM(**{"model": "m", **settings})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_opens_its_own_connections():
    """In the parent a connection is open: it is of no use in the child, and stays as it was."""
    with ScriptedServer("x") as server:
        llm = OpenAILLM("m", base_url=server.base_url, max_retries=0)
        ask = [Message("user", "a")]
        llm.generate(ask, 3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # threads, from Python 3.12 on
            child = os.fork()
        if not child:
            answered = 0
            try:
                answered = len(llm.generate(ask, 3))
            finally:
                os._exit(answered)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
        assert len(llm.generate(ask, 3)) == 3
        llm.close()
