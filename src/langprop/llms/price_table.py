"""PriceTable: the prices that are shipped, by who sends the bill."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from langprop.llms.price import Price

_DATE = re.compile(r"[-@](?:20\d\d-(?:0[1-9]|1[0-2])-[0-3]\d|20\d\d(?:0[1-9]|1[0-2])[0-3]\d)$")


@dataclass(frozen=True)
class _Provider:
    """Who sends the bill.

    Attributes:
        hosts: Domains of its servers.
        prefixes: What stands before its models' names, "openai" in "openai/gpt-5-mini".
        closed: Nobody else serves its models at prices of their own, so that the name is enough.
        vendor: It makes its models, and their bare names are known as its own.
    """

    hosts: tuple[str, ...]
    prefixes: tuple[str, ...]
    closed: bool = False
    vendor: bool = True


_PROVIDERS = {
    "openai": _Provider(("api.openai.com",), ("openai",), closed=True),
    "anthropic": _Provider(("api.anthropic.com",), ("anthropic",), closed=True),
    "google": _Provider(
        ("generativelanguage.googleapis.com",), ("google", "gemini", "models"), closed=True
    ),
    "xai": _Provider(("api.x.ai",), ("xai", "x-ai"), closed=True),
    "mistral": _Provider(("api.mistral.ai",), ("mistral", "mistralai")),
    "deepseek": _Provider(("api.deepseek.com",), ("deepseek",)),
    "moonshot": _Provider(("api.moonshot.ai",), ("moonshot", "moonshotai")),
    "zai": _Provider(("api.z.ai",), ("zai", "z-ai")),
    "dashscope": _Provider(("dashscope-intl.aliyuncs.com",), ("dashscope", "qwen")),
    "azure": _Provider(
        ("openai.azure.com", "services.ai.azure.com", "cognitiveservices.azure.com"),
        ("azure",),
        vendor=False,
    ),
    "groq": _Provider(("api.groq.com",), ("groq",), vendor=False),
    "cerebras": _Provider(("api.cerebras.ai",), ("cerebras",), vendor=False),
    "together": _Provider(
        ("api.together.xyz", "api.together.ai"), ("together_ai", "together"), vendor=False
    ),
    "deepinfra": _Provider(("api.deepinfra.com",), ("deepinfra",), vendor=False),
}
_ROUTER_HOSTS, _ROUTER_PREFIX = ("openrouter.ai",), "openrouter/"
_BY_PREFIX = {prefix: name for name, who in _PROVIDERS.items() for prefix in who.prefixes}


def listed_price(name: str, base_url: str | None, provider: str | None) -> Price | None:
    """What the table says of a model, if anything; see `price_of`."""
    table = _table()
    for who, key in _places(name, base_url, provider):
        for candidate in dict.fromkeys((key, undated(key))):
            if candidate in table[who]:
                return table[who][candidate]
    return None


def undated(name: str) -> str:
    """A model's name without the date after it: "gpt-5-mini" for "gpt-5-mini-2025-08-07"."""
    return _DATE.sub("", name)


def _places(name: str, base_url: str | None, provider: str | None) -> Iterator[tuple[str, str]]:
    """Where in the table the price may stand: pairs of a provider and a name there."""
    who = _provider_of(base_url, provider)
    prefix, _, rest = name.partition("/")
    if who is not None:
        yield who, name
        if rest and prefix in _PROVIDERS[who].prefixes:
            yield who, rest
        return
    if provider is not None:
        return  # one that the table doesn't have
    routed = _is_at(base_url, _ROUTER_HOSTS) or name.startswith(_ROUTER_PREFIX)
    if routed:  # closed models cost there what their makers ask; open ones have many hosts
        prefix, _, rest = name.removeprefix(_ROUTER_PREFIX).partition("/")
    if rest and prefix in _BY_PREFIX:
        named = _BY_PREFIX[prefix]
        # A model's maker is in the names of open models, too: "mistralai/…" may run anywhere.
        anywhere = base_url is None or _PROVIDERS[named].closed or not _PROVIDERS[named].vendor
        if _PROVIDERS[named].closed or (anywhere and not routed):
            yield named, rest
    elif not rest and not routed:
        for vendor, traits in _PROVIDERS.items():
            if traits.closed or (traits.vendor and base_url is None):
                yield vendor, name


def _provider_of(base_url: str | None, provider: str | None) -> str | None:
    if provider is not None:
        name = provider.strip().lower()
        return name if name in _PROVIDERS else _BY_PREFIX.get(name)
    for name, traits in _PROVIDERS.items():
        if _is_at(base_url, traits.hosts):
            return name
    return None


def _is_at(base_url: str | None, hosts: tuple[str, ...]) -> bool:
    try:
        host = urlsplit(base_url or "").hostname or ""
    except ValueError:  # no address at all; whoever connects will say so
        return False
    return any(host == domain or host.endswith(f".{domain}") for domain in hosts)


@lru_cache(maxsize=1)
def _file() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(__file__).with_name("prices.json").read_text("utf-8"))
    return content


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, Price]]:
    """Prices by provider and name."""
    prices = _file()["prices"]
    return {
        who: {name: Price(*rates) for name, rates in prices.get(who, {}).items()}
        for who in _PROVIDERS
    }


PRICES_DATE = datetime.date.fromisoformat(_file()["date"])
"""Day of the table."""

PRICES_SOURCE: str = _file()["source"]
"""Where the table's prices are from."""


def table_age(today: datetime.date | None = None) -> int:
    """How old the table is [days]; 0 if the clock is before it."""
    return max(0, ((today or datetime.date.today()) - PRICES_DATE).days)
