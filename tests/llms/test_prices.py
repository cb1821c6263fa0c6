"""Prices: what tokens cost, by the table and by the user's own."""

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.errors import ConfigError
from langprop.llms.base import Usage
from langprop.llms.price_table import _table
from langprop.llms.prices import (
    PRICES_DATE,
    PRICES_SOURCE,
    Price,
    cost,
    environment_prices,
    price_of,
    read_prices,
    table_age,
)

MINI = Price(0.25, 2.0, 0.025)


@pytest.fixture(autouse=True)
def no_file(monkeypatch):
    monkeypatch.delenv("LANGPROP_PRICES", raising=False)


@pytest.fixture
def price_file(tmp_path, monkeypatch):
    """Writes a file of prices, and names it in the environment."""

    def write(text, name="prices.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        monkeypatch.setenv("LANGPROP_PRICES", str(path))
        return path

    return write


# Cost


def usage(prompt, completion, cached=0, calls=1):
    return Usage(calls, prompt, completion, cached)


def test_cached_tokens_are_billed_at_their_own_rate():
    # 1,000 fresh at 0.25, 3,000 cached at 0.025, 500 written at 2.00, all per million
    assert cost(usage(4_000, 500, 3_000), MINI) == pytest.approx(0.00025 + 0.000075 + 0.001)
    assert cost(usage(4_000, 500, 3_000), Price(0.25, 2.0)) == pytest.approx(0.001 + 0.001)


def test_an_unknown_cost_is_none_and_never_0():
    assert cost(usage(10, 10), None) is None
    assert cost(usage(0, 0), MINI) is None  # a server that doesn't count
    assert cost(usage(0, 7), MINI) is None
    assert cost(Usage(), None) == cost(Usage(), MINI) == 0.0  # no call, no cost
    assert cost(usage(0, 0), Price(0, 0)) == 0.0  # one's own machine


def test_counts_that_make_no_sense_give_no_credit():
    assert cost(usage(100, 0, 1_000), MINI) == pytest.approx(100 * 0.025e-6)
    assert cost(usage(100, -5, -5), MINI) == pytest.approx(100 * 0.25e-6)


amounts = st.floats(0, 1_000, allow_nan=False)
counts = st.integers(1, 10**7)


@settings(max_examples=50)
@given(st.builds(Price, amounts, amounts, st.none() | amounts), counts, counts, counts)
def test_a_cost_grows_with_each_token_and_is_the_same_in_parts(price, prompt, written, cached):
    whole = cost(usage(2 * prompt, 2 * written, 2 * min(cached, prompt), calls=2), price)
    half = cost(usage(prompt, written, min(cached, prompt)), price)
    assert whole == pytest.approx(2 * half)
    assert half <= cost(usage(prompt, written + 1, min(cached, prompt)), price)


# Price


@settings(max_examples=50)
@given(st.lists(amounts.map(lambda x: float(f"{x:g}")), min_size=2, max_size=3))
def test_a_price_reads_what_it_prints(numbers):
    assert Price.parse(str(Price(*numbers))) == Price(*numbers)


def test_parse():
    assert Price.parse("0.25/2.00") == Price(0.25, 2.0)
    assert Price.parse(" $0.25 / $2 / 0 ") == Price(0.25, 2.0, 0.0)


@pytest.mark.parametrize("text", ["", "1", "a/b", "1/2/3/4", "1,2", "/", "1//2"])
def test_what_is_no_price_says_what_to_write(text):
    with pytest.raises(ConfigError, match=r"must look like 0\.25/2\.00.*gpt-5-mini: 0\.25/2\.00"):
        Price.parse(text)


@pytest.mark.parametrize("text", ["-1/2", "1/nan", "1/inf", "1/2/-0.1"])
def test_amounts_must_be_real(text):
    with pytest.raises(ConfigError, match="must be a number of US dollars per million tokens"):
        Price.parse(text)


@pytest.mark.parametrize("value", [True, "1", None, 10**400])
def test_amounts_must_be_numbers(value):
    with pytest.raises(ConfigError, match="input must be a number"):
        Price(value, 1.0)


# The table


@pytest.mark.parametrize(
    "name",
    [
        "gpt-5-mini",
        "gpt-5-mini-2025-08-07",
        "gpt-5-mini-20250807",
        "openai/gpt-5-mini",
        "openai:gpt-5-mini",
        "litellm:openai/gpt-5-mini",
        "openrouter/openai/gpt-5-mini",
        "openrouter/openai/gpt-5-mini-2025-08-07",
        "azure/gpt-5-mini",
        " gpt-5-mini ",
    ],
)
def test_names_of_one_model(name):
    assert price_of(name) == MINI


@pytest.mark.parametrize(
    "name",
    [
        "",
        "gpt-5-mini-2",
        "gpt-5-min",
        "GPT-5-mini",
        "my-gpt-5-mini",
        "gpt-5-mini-2025-13-07",
        "gpt-5-mini-latest",
        "gpt-5-mini:free",
        "ft:gpt-5-mini:me",
        "nobody/gpt-5-mini",
        "openai/gpt-oss-120b",  # many serve it
        "openrouter/qwen/qwen3.8-max",  # an open model: hosts at prices of their own
        "openrouter/",
        "/",
        "llama3.2",
    ],
)
def test_a_name_is_never_guessed(name):
    assert price_of(name) is None


def test_the_address_says_who_sends_the_bill():
    oss = "openai/gpt-oss-120b"
    groq, together = "https://api.groq.com/openai/v1", "https://api.together.xyz/v1/"
    assert price_of(oss, base_url=groq) == _table()["groq"][oss]
    assert price_of(oss, base_url=together) == _table()["together"][oss]
    assert price_of(f"groq/{oss}") == price_of(oss, base_url=groq)
    assert price_of(oss, provider="groq") == price_of(oss, base_url=groq)
    assert price_of(oss, provider="together_ai") == price_of(oss, base_url=together)
    assert price_of("gpt-5-mini", base_url=groq) is None
    assert price_of("gpt-5-mini", provider="nobody") is None


def test_an_open_model_on_a_machine_of_ones_own_has_no_price():
    local = "http://localhost:8000/v1"
    assert price_of("deepseek-v4-pro") is not None
    assert price_of("deepseek-v4-pro", base_url="https://api.deepseek.com") is not None
    for name in ("deepseek-v4-pro", "deepseek/deepseek-v4-pro", "mistral-small"):
        assert price_of(name, base_url=local) is None
    # Nobody else has these: behind that address is a proxy.
    assert price_of("gpt-5-mini", base_url=local) == MINI
    assert price_of("groq/openai/gpt-oss-20b", base_url=local) is not None


def test_addresses():
    assert price_of("gpt-5-mini", base_url="https://openrouter.ai/api/v1") is None
    assert price_of("openai/gpt-5-mini", base_url="https://openrouter.ai/api/v1") == MINI
    assert price_of("gpt-5-mini", base_url="https://me.openai.azure.com/openai/") == MINI
    assert price_of("models/gemini-2.5-pro") == Price(1.25, 10.0, 0.125)
    for address in ("https://api.groq.com.evil.org/v1", "http://[::1", "nonsense", "https://"):
        assert price_of("openai/gpt-oss-120b", base_url=address) is None


def test_the_answer_s_name_goes_first_and_the_one_asked_for_helps():
    assert price_of("gpt-5-2025-08-07", "my-deployment") == price_of("gpt-5")
    assert price_of("x", "gpt-5-mini") == MINI
    own = {"my-deployment": Price(1, 2)}
    assert price_of("gpt-5-2025-08-07", "my-deployment", prices=own) == Price(1, 2)
    assert price_of() is None


def test_the_table_is_sound():
    names = [(who, name) for who, models in _table().items() for name in models]
    assert len(names) > 100
    for who, name in names:
        price = _table()[who][name]
        assert 0 < price.input <= price.output <= 1_000, (who, name)
        assert price.cached is None or 0 < price.cached <= price.input, (who, name)
        assert price_of(name, provider=who) == price
    assert PRICES_SOURCE.startswith("litellm ")


def test_bare_names_are_unambiguous():
    prices = {}
    for who in ("openai", "anthropic", "google", "xai", "mistral", "deepseek", "moonshot", "zai"):
        for name in _table()[who]:
            assert prices.setdefault(name, who) == who


def test_the_age_of_the_table():
    assert table_age(PRICES_DATE + datetime.timedelta(days=40)) == 40
    assert table_age(PRICES_DATE - datetime.timedelta(days=1)) == 0
    assert table_age() >= 0


# The user's own


def test_own_prices_go_first():
    own = read_prices({"openai:gpt-5-mini": "1/2", "my/model": Price(3, 4), "free": [0, 0]})
    assert price_of("gpt-5-mini-2025-08-07", prices=own) == Price(1, 2)
    assert price_of("openrouter/openai/gpt-5-mini", prices=own) == Price(1, 2)
    assert price_of("my/model", base_url="http://localhost/v1", prices=own) == Price(3, 4)
    assert price_of("model", prices=own) is None
    assert price_of("free", prices=own) == Price(0, 0)
    assert price_of("gpt-5", prices=own) == price_of("gpt-5")
    dated = read_prices({"gpt-5-mini-2025-08-07": "1/2"})
    assert price_of("gpt-5-mini", prices=dated) == MINI


def test_all_forms_of_a_price(tmp_path):
    forms = {
        "a": "1/2",
        "b": [1, 2],
        "c": {"input": 1, "output": 2},
        "d": {"input": 1, "output": 2},
    }
    forms["d"]["cached"] = 0.5
    found = {"a": Price(1, 2), "b": Price(1, 2), "c": Price(1, 2), "d": Price(1, 2, 0.5)}
    assert read_prices(forms) == found
    (tmp_path / "p.json").write_text(json.dumps(forms))
    assert read_prices(tmp_path / "p.json") == read_prices(str(tmp_path / "p.json")) == found
    (tmp_path / "p.yml").write_text("a: 1/2\nb: [1, 2]\nc: {input: 1, output: 2}\n")
    assert read_prices(tmp_path / "p.yml") == {name: Price(1, 2) for name in "abc"}
    (tmp_path / "empty.yml").write_text("# none yet\n")
    assert read_prices(tmp_path / "empty.yml") == read_prices(None) == {}


def test_the_file_that_the_environment_names(price_file, monkeypatch):
    path = price_file("gpt-5-mini: 1/2\nlocal: 0/0\n")
    assert price_of("gpt-5-mini") == Price(1, 2)
    assert price_of("gpt-5-mini", prices={"gpt-5-mini": Price(3, 4)}) == Price(3, 4)
    assert price_of("local", base_url="http://localhost/v1") == Price(0, 0)
    path.write_text("gpt-5-mini: 100/200\n")
    assert price_of("gpt-5-mini") == Price(100, 200)
    monkeypatch.setenv("LANGPROP_PRICES", "")
    assert price_of("gpt-5-mini") == MINI


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("p.yaml", "gpt-5-mini: 0.25", "gpt-5-mini: no price: '0.25'; write it as"),
        ("p.yaml", "gpt-5-mini:", "gpt-5-mini: no price: 'None'"),
        ("p.yaml", "gpt-5-mini: [1, two]", "output must be a number"),
        ("p.yaml", "gpt-5-mini: {input: 1}", r"missing \['output'\]"),
        ("p.yaml", "m: {input: 1, output: 2, cache: 3}", r"unknown \['cache'\]"),
        ("p.yaml", "- a\n- b", "must map names of models to prices, but is a list"),
        ("p.yaml", "just text", "but is a str"),
        ("p.yaml", "5: 1/2", "5 is no name of a model"),
        ("p.yaml", "a: 1/2\nb: [", r"is not valid YAML: (.|\n)*line 2"),
        ("p.yaml", "a: !!python/object:os.system 1", "is not valid YAML"),
        ("p.yaml", "a: 1/2\na: 2/3", "'a' stands there twice"),
        ("p.json", '{"a": "1/2", "a": "2/3"}', "'a' stands there twice"),
        ("p.json", '{"a": "1/2",\n}', "is not valid JSON: .*line 2"),
        ("p.json", '{"a": [NaN, 2]}', "input must be a number"),
        ("p.json", "", "is not valid JSON"),
        ("p.json", b"\xff\xfe\x00", "can't read"),
        ("p.json", "[" * 100_000, "p.json"),
        ("p.yaml", "[" * 5_000, "p.yaml"),
    ],
)
def test_a_bad_file_says_what_is_wrong_where(price_file, name, text, reason):
    path = price_file(text, name)
    with pytest.raises(ConfigError, match=reason) as caught:
        environment_prices()
    assert str(path) in str(caught.value)
    assert "LANGPROP_PRICES" in str(caught.value)
    with pytest.raises(ConfigError):
        price_of("gpt-5-mini")


def test_a_file_that_cannot_be_read(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match=r"there is no file .*missing\.yaml of prices"):
        read_prices(tmp_path / "missing.yaml")
    with pytest.raises(ConfigError, match="there is no file"):
        read_prices(tmp_path)
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(20_000_000)
    with pytest.raises(ConfigError, match="more than 10,000,000 bytes"):
        read_prices(huge)
    for name in (str(tmp_path / "missing.yaml"), str(tmp_path), "~nobody-here/p.yaml"):
        monkeypatch.setenv("LANGPROP_PRICES", name)
        with pytest.raises(ConfigError, match="LANGPROP_PRICES"):
            environment_prices()


def test_a_mapping_is_checked_too():
    with pytest.raises(ConfigError, match="prices: m: a price must look like"):
        read_prices({"m": "cheap"})
    with pytest.raises(ConfigError, match="prices: 3 is no name"):
        read_prices({3: "1/2"})


def test_prices_load_no_other_package():
    code = (
        "import sys, langprop.llms.prices as p; p.price_of('gpt-5');"
        "assert not {'yaml', 'openai', 'numpy'} & set(sys.modules)"
    )
    paths = os.pathsep.join(filter(None, sys.path))
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": paths}
    )


def test_the_table_can_be_written_anew(tmp_path):
    """As the script in `benchmarks` does, from a package that looks like the real one."""
    import importlib.util
    import zipfile

    path = Path(__file__).parents[2] / "benchmarks" / "update_prices.py"
    spec = importlib.util.spec_from_file_location("update_prices", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    def entry(**more):
        return {
            "litellm_provider": "openai",
            "mode": "chat",
            "input_cost_per_token": 2.0000000000000002e-07,
            "output_cost_per_token": 1.2e-06,
            **more,
        }

    entries = {
        "sample_spec": {"mode": "one of: chat"},
        "gpt-9": entry(cache_read_input_token_cost=2e-8),
        "gpt-9-2026-01-02": entry(cache_read_input_token_cost=2e-8),
        "gpt-9-2025-01-02": entry(input_cost_per_token=1e-6),
        "gpt-8": entry(deprecation_date="2026-11-01"),
        "gpt-free": entry(input_cost_per_token=0.0),
        "gpt-image": entry(mode="image_generation"),
        "groq/openai/gpt-oss": entry(litellm_provider="groq"),
    }
    wheel = tmp_path / "litellm-9.9.9-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(script.PRICES_FILE, json.dumps(entries))
        stamp = {"metadata": {"timestamp": "2026-11-12T01:43:43Z"}}
        archive.writestr("litellm-9.9.9.dist-info/sboms/x.json", json.dumps(stamp))
    with zipfile.ZipFile(wheel) as archive:
        assert script.date_of(archive) == "2026-11-12"
    prices = {who: script.select(entries, who, "2026-11-12") for who in ("openai", "groq")}
    assert prices == {
        "openai": {"gpt-9": [0.2, 1.2, 0.02], "gpt-9-2025-01-02": [1.0, 1.2]},
        "groq": {"openai/gpt-oss": [0.2, 1.2]},
    }
    text = script.layout(prices, "litellm 9.9.9", "2026-11-12")
    assert json.loads(text)["prices"] == prices
    assert text.count("\n") == 14
