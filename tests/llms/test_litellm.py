"""LiteLLM: the real package against a scripted server, where it is installed."""

import os
import subprocess
import sys
import textwrap
import traceback

import pytest

from langprop.errors import (
    ConfigError,
    LLMAuthError,
    LLMConnectionError,
    LLMNotFoundError,
    LLMRequestError,
    MissingDependency,
)
from langprop.llms.litellm import LiteLLM
from langprop.prompts.message import Message
from langprop.registry import resolve
from langprop.testing.llm_suite import LLMSuite
from langprop.testing.server import Answer, ScriptedServer

try:
    import litellm
except ImportError:
    litellm = None

# The package silences its own warnings at import; pytest restores them.
pytestmark = pytest.mark.filterwarnings("ignore:.*ReadOnly:UserWarning")

PROMPT = [Message("system", "Be brief."), Message("user", "Hi.")]
needs_litellm = pytest.mark.skipif(
    litellm is None, reason="litellm isn't installed: pip install 'langprop[litellm]'"
)
providers = pytest.mark.parametrize("provider", ["openai", "anthropic"])


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_API_BASE", "_BASE_URL")):
            monkeypatch.delenv(name)


def connect(server, provider="openai", model="m", **settings):
    address = server.base_url if provider == "openai" else server.address
    return LiteLLM(f"{provider}/{model}", base_url=address, **{"max_retries": 0, **settings})


@pytest.mark.skipif(litellm is not None, reason="it is about a missing package")
def test_without_the_package_the_error_names_the_extra():
    with pytest.raises(MissingDependency, match=r"pip install 'langprop\[litellm\]'"):
        resolve("llm", "litellm:groq/m")


@needs_litellm
class TestContract(LLMSuite):
    @pytest.fixture
    def llm(self):
        with ScriptedServer("some text") as server:
            yield connect(server)


@needs_litellm
@providers
def test_a_reply_with_its_usage(provider):
    usage = {
        "prompt_tokens": 11,
        "completion_tokens": 7,
        "total_tokens": 18,
        "prompt_tokens_details": {"cached_tokens": 4},
    }
    with ScriptedServer(Answer("Hello.", usage=usage, finish_reason="length")) as server:
        llm = connect(server, provider, price="1/10/0", max_tokens=9)
        reply = llm.generate(PROMPT)[0]
        llm.close()
    assert (reply.text, reply.finish_reason, reply.usage.calls) == ("Hello.", "length", 1)
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (11, 7)
    assert reply.usage.cached_tokens == 4
    assert reply.usage.usd == pytest.approx((7 + 70) * 1e-6)
    assert llm.name == f"litellm:{provider}/m"
    assert server.requests[0].body["max_tokens"] == 9


@needs_litellm
@providers
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer("no", status=401), (LLMAuthError, "refused the key", False)),
        (Answer("no", status=403), (LLMAuthError, "doesn't let this key use", False)),
        (Answer("no", status=404), (LLMNotFoundError, "knows no model", False)),
        (
            Answer("prompt is too long: 210000 tokens > 200000 maximum", status=400),
            (LLMRequestError, "the prompt is too long for", False),
        ),
        (Answer("credit balance is too low", status=400), (LLMRequestError, "no credit", False)),
        (Answer("slow", status=429), (LLMConnectionError, "limits the rate", True)),
        (Answer("Overloaded", status=529), (LLMConnectionError, "Overloaded", True)),
        (Answer("oops", status=503), (LLMConnectionError, "status 503 .oops", True)),
        (Answer(body="<html>Login"), (LLMConnectionError, "instead of JSON", False)),
        (Answer(drop=True), (LLMConnectionError, "127.0.0.1", True)),
        (Answer("x", stall=True), (LLMConnectionError, "no complete reply within", True)),
    ],
)
def test_each_failure_says_what_to_do(provider, answer, expected):
    kind, says, transient = expected
    with ScriptedServer(answer) as server:
        llm = connect(server, provider, timeout=0.5 if answer.stall else 20)
        with pytest.raises(kind, match=says) as caught:
            llm.generate(PROMPT)
        llm.close()
    assert caught.value.transient is transient
    assert len(server.requests) == 1
    assert "litellm.Auth" not in str(caught.value)


@needs_litellm
@providers
def test_retry_after_is_found(provider):
    slow = Answer("slow", status=429, headers={"Retry-After": "1000"})
    with ScriptedServer(slow) as server:
        llm = connect(server, provider, max_retries=5)
        with pytest.raises(LLMConnectionError, match="the server asks to wait 1"):
            llm.generate(PROMPT)
        llm.close()
    assert len(server.requests) == 1


@needs_litellm
@providers
@pytest.mark.parametrize("key", ["sk-proj-0123456789abcdef", "a-plain-secret"])
def test_a_wrong_key_is_never_shown(provider, key):
    with ScriptedServer("x", key="the-right-one") as server:
        llm = connect(server, provider, api_key=key)
        with pytest.raises(LLMAuthError, match="refused the key") as caught:
            llm.generate(PROMPT)
        llm.close()
    assert key not in "".join(traceback.format_exception(caught.value))


@needs_litellm
def test_secrets_among_the_parameters_are_not_shown():
    with ScriptedServer("x") as server:
        llm = connect(server, aws_secret_access_key="s3cr3t", temperature=0.5)
    assert llm.parameters == {"aws_secret_access_key": "[key]", "temperature": 0.5}
    assert "s3cr3t" not in repr(llm)


@needs_litellm
@pytest.mark.parametrize(
    ("settings", "kind", "says"),
    [
        ({"model": ""}, ConfigError, "litellm:groq/"),
        ({"model": "nobody/m"}, ConfigError, "knows no provider for 'nobody/m'"),
        ({"model": "groq/m"}, LLMAuthError, "export GROQ_API_KEY="),
        ({"model": "groq/m", "base_url": "localhost:8000"}, ConfigError, "http://localhost"),
        ({"model": "groq/m", "api_key": "two words"}, LLMAuthError, "no key has"),
        ({"model": "groq/m", "num_retries": 3}, ConfigError, "set by LiteLLM itself"),
        ({"model": "groq/m", "api_base": "http://x"}, ConfigError, "write base_url="),
    ],
)
def test_settings_that_can_not_work_are_refused_at_once(settings, kind, says):
    with pytest.raises(kind, match=says):
        LiteLLM(**settings)


@needs_litellm
def test_it_is_quiet_and_reads_no_file_of_settings(tmp_path):
    """In a process of its own: what it does when it is imported, and at the end."""
    (tmp_path / ".env").write_text("FROM_A_FILE=yes\n")
    code = """
        import os
        from langprop.errors import LLMAuthError
        from langprop.llms.litellm import LiteLLM
        from langprop.prompts.message import Message
        from langprop.testing.server import Answer, ScriptedServer

        with ScriptedServer(["hello", Answer("no", status=401)]) as server:
            llm = LiteLLM("openai/m", base_url=server.base_url)
            print(llm.generate([Message("user", "x")])[0].text)
            try:
                llm.generate([Message("user", "x")])
            except LLMAuthError:
                print("refused")
            llm.close()
        assert "FROM_A_FILE" not in os.environ
        assert "LITELLM_MODE" not in os.environ
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("hello\nrefused\n", "", 0)
