"""AnthropicLLM: the real SDK against a scripted server."""

import json
import traceback

import pytest

from langprop.errors import (
    ConfigError,
    LLMAuthError,
    LLMConnectionError,
    LLMNotFoundError,
    LLMRequestError,
)
from langprop.llms.anthropic import LONG, AnthropicLLM
from langprop.llms.retry import Retry
from langprop.prompts.message import Message
from langprop.registry import resolve
from langprop.testing.llm_suite import LLMSuite
from langprop.testing.server import Answer, ScriptedServer

PROMPT = [Message("system", "Be brief."), Message("user", "Hi.")]
EVENTS = {"Content-Type": "text/event-stream"}
WHOLE = {"max_tokens": 1_000}
STREAMED = {"max_tokens": LONG + 1}
both = pytest.mark.parametrize("length", [WHOLE, STREAMED], ids=["whole", "streamed"])


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch, tmp_path):
    for name in ("API_KEY", "AUTH_TOKEN", "BASE_URL", "PROFILE", "CUSTOM_HEADERS"):
        monkeypatch.delenv(f"ANTHROPIC_{name}", raising=False)
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))


@pytest.fixture
def ask():
    """Ask a server that answers as told; gives the reply, and the server."""
    open_now = []

    def ask(answer, *, key=None, models=None, model="m", prompt=PROMPT, **settings):
        server = ScriptedServer(answer, key=key, models=models).start()
        open_now.append(server)
        llm = AnthropicLLM(model, base_url=server.address, **{"max_retries": 0, **settings})
        open_now.append(llm)
        return llm.generate(prompt)[0], server

    yield ask
    for thing in reversed(open_now):
        thing.close()


class TestContract(LLMSuite):
    @pytest.fixture
    def llm(self):
        with ScriptedServer("some text") as server:
            yield AnthropicLLM("scripted", base_url=server.address)


class TestContractOfStreams(LLMSuite):
    @pytest.fixture
    def llm(self):
        with ScriptedServer("some text") as server:
            yield AnthropicLLM("scripted", base_url=server.address, **STREAMED)


@both
def test_a_reply_with_its_usage(ask, length):
    usage = {
        "input_tokens": 11,
        "cache_read_input_tokens": 4,
        "cache_creation_input_tokens": 2,
        "output_tokens": 7,
    }
    reply, server = ask(Answer("Hello, you.", usage=usage), model="big", price="1/10/0", **length)
    assert (reply.text, reply.model, reply.finish_reason) == ("Hello, you.", "big", "stop")
    assert (reply.usage.calls, reply.usage.prompt_tokens) == (1, 17)
    assert (reply.usage.completion_tokens, reply.usage.cached_tokens) == (7, 4)
    assert reply.usage.usd == pytest.approx((13 + 70) * 1e-6)
    (request,) = server.requests
    assert request.path == "/v1/messages"
    assert request.body == {
        "model": "big",
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Hi."}],
        **length,
        **({"stream": True} if length is STREAMED else {}),
    }


@both
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("something_new", "something_new"),
    ],
)
def test_why_it_stopped(ask, length, said, reason):
    reply, _ = ask(Answer("x", finish_reason=said), **length)
    assert reply.finish_reason == reason


def test_thinking_and_tools_are_left_out_of_the_text(ask):
    content = [
        {"type": "thinking", "thinking": "Hmm.", "signature": "s"},
        {"type": "text", "text": "a"},
        {"type": "tool_use", "id": "t", "name": "n", "input": {}},
        {"type": "something_new", "x": 1},
        {"type": "text", "text": "b \ud800"},
    ]
    reply, _ = ask(Answer(body={"type": "message", "content": content}))
    assert (reply.text, reply.finish_reason, reply.usage.prompt_tokens) == ("ab ?", "stop", 0)


def test_thinking_in_a_stream_is_left_out_too(ask):
    events = [
        {"type": "message_start", "message": {"id": "i", "content": [], "usage": {}}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta"}},
        {"type": "something_new"},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "a"}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}},
        {"type": "message_stop"},
    ]
    body = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)
    reply, _ = ask(Answer(body=body.encode(), headers=EVENTS), **STREAMED)
    assert (reply.text, reply.finish_reason) == ("a", "stop")


@pytest.mark.parametrize(
    ("prompt", "system", "turns"),
    [
        ([("user", "a"), ("user", "b")], None, [("user", "a\n\nb")]),
        ([("user", "a"), ("system", "s"), ("user", "b")], "s", [("user", "a\n\nb")]),
        ([("system", "s"), ("system", "t"), ("user", "a")], "s\n\nt", [("user", "a")]),
        (
            [("user", "a"), ("assistant", "b \n"), ("user", " ")],
            None,
            [("user", "a"), ("assistant", "b \n"), ("user", "(empty)")],
        ),
        ([("user", "a"), ("assistant", "b \n")], None, [("user", "a"), ("assistant", "b")]),
        ([("assistant", "b")], None, [("user", "(no question)"), ("assistant", "b")]),
        ([("system", "s")], None, [("user", "s")]),
        ([], None, [("user", "(empty)")]),
    ],
)
def test_a_conversation_as_the_api_demands_it(ask, prompt, system, turns):
    _, server = ask("x", prompt=[Message(role, text) for role, text in prompt])
    body = server.requests[0].body
    assert body.get("system") == system
    assert body["messages"] == [{"role": role, "content": text} for role, text in turns]


def test_the_system_prompt_can_be_marked_for_the_cache(ask):
    _, server = ask("x", cache=True)
    assert server.requests[0].body["system"] == [
        {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
    ]


def test_parameters(ask):
    _, server = ask("x", stop_sequences=["END"], extra_body={"temperature": 0.5})
    body = server.requests[0].body
    assert (body["stop_sequences"], body["temperature"]) == (["END"], 0.5)


def test_secrets_among_the_parameters_are_sent_but_not_shown():
    with ScriptedServer("x") as server:
        headers = {"Authorization": "Basic c2VjcmV0", "x-team": "green"}
        llm = AnthropicLLM("m", base_url=server.address, extra_headers=headers)
        llm.generate(PROMPT)
        llm.close()
    assert server.requests[0].headers["authorization"] == "Basic c2VjcmV0"
    assert llm.parameters == {
        "max_tokens": 8_192,
        "extra_headers": {"Authorization": "[key]", "x-team": "green"},
    }


@both
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer("no", status=401), (LLMAuthError, "refused the key .*check ANTHROPIC_API_", False)),
        (Answer("no", status=403), (LLMAuthError, "doesn't let this key use 'm'", False)),
        (Answer("no", status=404), (LLMNotFoundError, r"knows no model 'm'.*without /v1", False)),
        (
            Answer("prompt is too long: 210000 tokens > 200000 maximum", status=400),
            (LLMRequestError, "the prompt is too long for 'm'", False),
        ),
        (Answer("too big", status=413), (LLMRequestError, "the prompt is too long for 'm'", False)),
        (
            Answer("Your credit balance is too low to access the API", status=400),
            (LLMRequestError, "has no credit left", False),
        ),
        (Answer("bad thinking", status=400), (LLMRequestError, "bad thinking.*parameters", False)),
        (Answer("slow", status=429), (LLMConnectionError, "limits the rate", True)),
        (Answer("Overloaded", status=529), (LLMConnectionError, "529 .Overloaded", True)),
        (Answer("oops", status=500), (LLMConnectionError, "keeps failing with status 500", True)),
        (Answer(body="<html>Login"), (LLMConnectionError, "page or text instead of JSON", False)),
        (Answer(body="<html>", status=502), (LLMConnectionError, "status 502: .* page", True)),
        (
            Answer(body=b"{bad", headers={"Content-Type": "application/json"}),
            (LLMConnectionError, "instead of JSON", False),
        ),
        (
            Answer(body=b"", headers={"Content-Type": "application/json"}),
            (LLMConnectionError, "instead of JSON", False),
        ),
        (Answer(drop=True), (LLMConnectionError, "can't connect to http://127.0.0.1:", True)),
        (Answer(reset=True), (LLMConnectionError, "can't connect to http://127.0.0.1:", True)),
        (Answer("x" * 99, cut=True), (LLMConnectionError, "or it broke off", True)),
    ],
)
def test_each_failure_says_what_to_do(ask, length, answer, expected):
    kind, says, transient = expected
    with pytest.raises(kind, match=says) as caught:
        ask(answer, **length)
    assert caught.value.transient is transient


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        ({"choices": []}, LLMConnectionError, "for OpenAI's take openai:"),
        ({"content": "text"}, LLMConnectionError, "isn't a message of Anthropic's"),
        (
            {"type": "error", "error": {"type": "api_error", "message": "upstream died"}},
            LLMRequestError,
            "upstream died",
        ),
    ],
)
def test_json_that_is_no_message(ask, body, kind, says):
    with pytest.raises(kind, match=says):
        ask(Answer(body=body))


@pytest.mark.parametrize(
    ("type_", "kind", "transient"),
    [
        ("overloaded_error", LLMConnectionError, True),
        ("rate_limit_error", LLMConnectionError, True),
        ("api_error", LLMConnectionError, True),
        ("invalid_request_error", LLMRequestError, False),
        ("authentication_error", LLMAuthError, False),
    ],
)
def test_an_error_within_a_stream(ask, type_, kind, transient):
    error = json.dumps({"type": "error", "error": {"type": type_, "message": "oh no"}})
    answer = Answer(body=f"event: error\ndata: {error}\n\n".encode(), headers=EVENTS)
    with pytest.raises(kind, match="oh no") as caught:
        ask(answer, **STREAMED)
    assert caught.value.transient is transient


def test_a_stream_that_ends_too_early_is_tried_again(ask):
    start = b'event: message_start\ndata: {"type": "message_start", "message": {"usage": {}}}\n\n'
    answers = [Answer(body=b"", headers=EVENTS), Answer(body=start, headers=EVENTS), "whole"]
    reply, server = ask(answers, retry=Retry(first=0.01), **STREAMED)
    assert reply.text == "whole"
    assert len(server.requests) == 3


@both
def test_the_sdk_does_not_try_again(ask, length):
    slow = Answer("slow", status=429, headers={"Retry-After": "0"})
    reply, server = ask([slow, "at last"], max_retries=1, **length)
    assert reply.text == "at last"
    assert len(server.requests) == 2


@pytest.mark.parametrize("key", ["sk-ant-0123456789abcdef", "a-plain-secret"])
def test_a_wrong_key_is_never_shown(ask, key):
    with pytest.raises(LLMAuthError, match="refused the key") as caught:
        ask("x", key="the-right-one", api_key=key)
    assert key not in "".join(traceback.format_exception(caught.value))


def test_an_unknown_model(ask):
    with pytest.raises(LLMNotFoundError, match=r"knows no model 'claude-9'.*check the model's"):
        ask("x", models=["claude-1"], model="claude-9")


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
def test_the_key_and_the_address_come_from_the_environment(monkeypatch, ending):
    monkeypatch.setenv("ANTHROPIC_API_KEY", " right-key\n")
    with ScriptedServer("x", key="right-key") as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.address + ending)
        llm = resolve("llm", "anthropic:m")
        assert llm.generate(PROMPT)[0].text == "x"
        assert llm.name == "anthropic:m"
        assert "right-key" not in repr(llm)
        llm.close()
        assert llm.generate(PROMPT)[0].text == "x"  # opens others
        llm.close()


def test_a_proxy_is_not_asked_for_this_machine(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with ScriptedServer("x") as server:
        llm = AnthropicLLM("m", base_url=server.address, max_retries=0)
        assert llm.generate(PROMPT)[0].text == "x"
        llm.close()


@pytest.mark.parametrize(
    ("settings", "kind", "says"),
    [
        ({}, LLMAuthError, "export ANTHROPIC_API_KEY="),
        ({"model": ""}, ConfigError, "anthropic:claude"),
        ({"base_url": "localhost:8000"}, ConfigError, "http://localhost:8000/v1"),
        ({"api_key": "two words"}, LLMAuthError, "characters that no key has"),
        ({"api_key": "k", "nonsense": 1}, ConfigError, r"extra_body=\{'nonsense'"),
        ({"api_key": "k", "system": "s"}, ConfigError, "set by AnthropicLLM itself"),
        ({"api_key": "k", "max_tokens": 0}, ConfigError, "max_tokens"),
        ({"api_key": "k", "max_tokens": True}, ConfigError, "max_tokens"),
        ({"api_key": "k", "timeout": float("nan")}, ConfigError, "timeout"),
        ({"api_key": "k", "max_retries": -1}, ConfigError, "max_retries"),
    ],
)
def test_settings_that_can_not_work_are_refused_at_once(settings, kind, says):
    with pytest.raises(kind, match=says):
        AnthropicLLM(**{"model": "m", **settings})
