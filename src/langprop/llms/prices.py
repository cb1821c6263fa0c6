"""What tokens cost: a table with a date, and the user's own prices before it.

    price = price_of(reply.model, asked, base_url="https://api.openai.com/v1")
    usd = cost(reply.usage, price)          # None: unknown, which is not 0

The table is `prices.json`, which `benchmarks/update_prices.py` writes anew. What it doesn't know:
discounts (batch, flex, off-peak hours), surcharges (very long prompts, priority, writing to the
cache, regions), and what a contract of your own says. A price of your own goes first:

    prices={"gpt-5-mini": Price(0.25, 2.00)}        for a run
    export LANGPROP_PRICES=prices.yaml              for all runs; lines such as  gpt-5-mini: 0.25/2
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from langprop.llms.price import Price, cost
from langprop.llms.price_file import bare, environment_prices, read_prices
from langprop.llms.price_table import PRICES_DATE, PRICES_SOURCE, listed_price, table_age, undated

__all__ = [
    "PRICES_DATE",
    "PRICES_SOURCE",
    "Price",
    "cost",
    "environment_prices",
    "price_of",
    "read_prices",
    "table_age",
]


def price_of(
    *models: str,
    base_url: str | None = None,
    provider: str | None = None,
    prices: Mapping[str, Price] | None = None,
) -> Price | None:
    """What a model costs, if it is known.

    A name is looked up as it is, then without the provider before it ("openai/", "openrouter/…"),
    then without a date after it ("-2025-08-07"); never by likeness. The user's own prices go before
    the table: those of this run, then those of the file that `LANGPROP_PRICES` names; they hold
    wherever the model is served. In the table, an open model has a price only where the address,
    the provider or the name says who serves it: the same model on a machine of one's own has none.

    Args:
        *models: Names of one model, the best first: as the server named it, as it was asked for.
        base_url: Address that the requests go to.
        provider: Who sends the bill, if it isn't told by the address: "openai", "azure", "groq", …
        prices: The user's own prices, as `read_prices` returns them.

    Raises:
        ConfigError: The file that `LANGPROP_PRICES` names isn't one of prices.
    """
    names = [bare(model) for model in models if model]
    for own in (prices or {}, environment_prices()):
        if own:
            for name in names:
                for key in _keys(name):
                    if key in own:
                        return own[key]
    for name in names:
        price = listed_price(name, base_url, provider)
        if price is not None:
            return price
    return None


def _keys(name: str) -> Iterator[str]:
    """What a user may have called the model, the most exact first."""
    shorter = [name]
    while "/" in shorter[-1]:
        shorter.append(shorter[-1].partition("/")[2])
    yield from shorter
    yield from (undated(each) for each in shorter)
