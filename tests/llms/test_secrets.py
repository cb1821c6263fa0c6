"""Keys are blotted out; what only looks a little like one stays in recordings."""

import pytest

from langprop.llms.base import Reply, Request
from langprop.llms.cassette import Cassette, Exchange
from langprop.llms.secrets import redact, redacted
from langprop.prompts.message import Message
from langprop.registry import resolve

KEYS = [
    "sk-proj-0123456789abcdefXYZ",
    "sk-ant-api03-AbCdEf012345_-xyz",
    "xai-0123456789abcdef0123",
    "gsk_0123456789abcdefghijABCDEF",
    "hf_0123456789abcdefghijABCDEF",
    "AKIAABCDEFGH12345678",
    "AIzaSyA0123456789abcdefghijklmnopqrstuv",
    "Bearer 0123456789abcdef0123456789",
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("data", [False, True])
def test_keys_as_providers_write_them(key, data):
    text = redact(f"wrong key: {key}, sorry", data=data)
    assert key not in text
    assert text.startswith("wrong key: ")
    assert text.endswith(", sorry")


@pytest.mark.parametrize(
    "text",
    [
        "def key_function(item):\n    return item.key_points",
        "from sklearn import svm  # sk-learn, task-specific, risk-adjusted-returns-2024",
        "hf_model = pk_columns = key_2024_values",
        "the bearer of the message",
        "a key-value-store, sk-likelihood-estimation",
        "url = 'https://example.org/a:b@c'",
    ],
)
def test_scripts_and_prompts_stay_what_they_were(text):
    assert redact(text, data=True) == text


def test_masked_keys_in_errors():
    assert redact("Incorrect API key provided: sk-ab***xyz.") == (
        "Incorrect API key provided: [key]"
    )
    assert "secret" not in redact("can't connect to http://me:secret@host/v1")


def test_what_the_environment_and_the_backend_know(monkeypatch):
    monkeypatch.setenv("MY_API_KEY", "plain-words-but-long-enough")
    monkeypatch.setenv("SORT_KEY", "function")
    monkeypatch.setenv("SHORT_TOKEN", "abc")
    text = "plain-words-but-long-enough function abc tiny5 none"
    assert redact(text, data=True) == "[key] function abc tiny5 none"
    assert redact(text, ["tiny5", "none"], data=True) == "[key] function abc [key] none"


def test_settings_that_are_named_like_secrets():
    class Odd:
        def __repr__(self):
            raise ValueError

    given = {
        "temperature": 0.5,
        "max_tokens": 10,
        "extra_headers": {"Authorization": "x", "X-Api-Key": "y", "X-Title": "z"},
        "stop": ["END", 3, None, True],
        "aws_session_token": "t",
        "prompt_cache_key": "fine",
        "odd": Odd(),
    }
    assert redacted(given) == {
        "temperature": 0.5,
        "max_tokens": 10,
        "extra_headers": {"Authorization": "[key]", "X-Api-Key": "[key]", "X-Title": "z"},
        "stop": ["END", 3, None, True],
        "aws_session_token": "[key]",
        "prompt_cache_key": "fine",
        "odd": "<Odd>",
    }


@pytest.mark.parametrize("backend", ["openai", "anthropic", "litellm"])
def test_the_key_of_a_backend_stays_out_of_recordings_whatever_it_looks_like(backend, tmp_path):
    key = "plainwordkey"
    pytest.importorskip(backend, reason=f"{backend} isn't installed")
    settings = {"api_key": key, "base_url": "http://127.0.0.1:9/v1"}
    llm = resolve("llm", f"{backend}:{'openai/' * (backend == 'litellm')}m", **settings)
    request = Request([Message("user", f"the key is {key}")])
    Cassette(tmp_path / "exchanges.jsonl").record(Exchange(request, llm.name, Reply(key)), llm)
    llm.close()
    text = (tmp_path / "exchanges.jsonl").read_text()
    assert "the key is [key]" in text
    assert key not in text
