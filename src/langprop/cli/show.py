"""`langprop show`: a run's ranking, lineage, best script and cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from langprop.cli.code import print_source
from langprop.cli.cost import print_cost
from langprop.errors import UnknownName

if TYPE_CHECKING:
    from langprop.population.policy import Policy
    from langprop.trainer.run_dir import RunDir


def run(argv: Sequence[str]) -> int:
    """Print what is in a run folder."""
    from jsonargparse import ArgumentParser
    from rich.console import Console
    from rich.table import Table

    made = ArgumentParser(prog="langprop show", description="Show a run.")
    made.add_argument("run", type=str, help="the run's folder")
    made.add_argument(
        "--policy", type=str | None, default=None, help="id (or its beginning) of a policy to show"
    )
    made.add_argument("--top", type=int, default=10, help="policies in the ranking")
    settings = made.parse_args(list(argv))

    from langprop.trainer.run_dir import RunDir, load

    folder = RunDir(settings.run)
    module = load(settings.run)
    population = module.population
    known = {policy.id: policy for policy in population.policies}
    if population.champion is not None:
        known.setdefault(population.champion.id, population.champion)
    ranking = sorted(known.values(), key=lambda p: (p is module.best, p.rank), reverse=True)
    console = Console()
    metrics = folder.metrics()
    if metrics:
        last = metrics[-1]
        cost = "".join(
            f" · {key.removeprefix('cost/').replace('_', ' ')} {value:,.6g}"
            for key, value in last.items()
            if key.startswith("cost/")
        )
        console.print(
            f"[bold]{module.entry_point}[/bold] · step {last['step']} · "
            f"{last['evaluations']:,} evaluations · {last['seconds']:.0f} s{cost}",
            highlight=False,
        )
    table = Table(
        "",
        "policy",
        "priority",
        "samples",
        "validation",
        "origin",
        "parent",
        box=None,
        pad_edge=False,
    )
    for policy in ranking[: settings.top]:
        table.add_row(
            "*" if policy is module.best else "",
            policy.id[:8],
            f"{policy.priority:.4g}",
            f"{policy.weight:.0f}",
            "" if policy.val_score is None else f"{policy.val_score:.4g}",
            policy.script.origin,
            (policy.script.parent or "")[:8],
        )
    console.print(table)
    if len(ranking) > settings.top:
        console.print(f"… and {len(ranking) - settings.top} more (--top)")
    state, _ = folder.read()
    print_cost(console, state.get("optimizer", {}))
    chosen = module.best if settings.policy is None else _find(known, settings.policy)
    if chosen is not None:
        console.print(
            f"\n[bold]{chosen.id}[/bold]  lineage: {_lineage(chosen, known, folder)}",
            highlight=False,
        )
        print_source(console, chosen.script.source)
    return 0


def _find(known: dict[str, Policy], beginning: str) -> Policy:
    found = [policy for name, policy in known.items() if name.startswith(beginning)]
    if len(found) != 1:
        raise UnknownName(
            f"{len(found)} policies of this run have an id that begins with {beginning!r}."
        )
    return found[0]


def _lineage(policy: Policy, known: dict[str, Policy], folder: RunDir) -> str:
    """The policy's ancestors, as far as the checkpoint tells."""
    chain = [policy.id]
    parent = policy.script.parent
    while parent is not None and len(chain) < 50:
        chain.append(
            parent
            if parent in known or folder.source(parent) is not None
            else f"{parent} (not kept)"
        )
        parent = known[parent].script.parent if parent in known else None
    return " ← ".join(chain)
