"""Showing what a run spent on models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langprop.llms.account import Account

if TYPE_CHECKING:
    from rich.console import Console


def print_cost(console: Console, optimizer: Mapping[str, Any]) -> None:
    """Print calls, tokens and money by model and by what they were for; nothing without calls.

    Args:
        console: Where to.
        optimizer: State of the optimizer, from a checkpoint.
    """
    from rich.table import Table

    if "account" not in optimizer:
        return
    account = Account()
    account.load_state_dict(optimizer["account"])
    if not account.total.calls:
        return
    table = Table("cost", box=None, pad_edge=False)
    for name in ("calls", "tokens read", "cached", "written", "US dollars", "seconds"):
        table.add_column(name, justify="right")
    rows = {**account.by_model, **{f"  {name}": use for name, use in account.by_role.items()}}
    for name, usage in rows.items():
        counts = (usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens)
        table.add_row(
            name,
            f"{usage.calls:,}",
            *(f"{count:,}" if usage.counted else "unknown" for count in counts),
            "unknown" if usage.usd is None else f"{usage.usd:.4g}",
            f"{usage.seconds:,.1f}",
        )
    console.print(table)
    statistics = optimizer.get("statistics") or {}
    told = ", ".join(f"{count:,} {name}" for name, count in statistics.items() if count)
    console.print(f"replies: {told}", highlight=False, markup=False)
