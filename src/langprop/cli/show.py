"""`langprop show`: a run's ranking, lineage, scripts, worst samples, tests and cost."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from langprop.callbacks.source import print_source, visible
from langprop.cli.cost import print_cost
from langprop.cli.difference import print_difference
from langprop.cli.named import chosen, id_named, policy_named, ranked, saved
from langprop.cli.plain import as_json
from langprop.cli.samples import print_samples
from langprop.cli.tested import in_words, tested
from langprop.errors import UnknownName
from langprop.trainer.lineage import Ancestor, read_lineage
from langprop.trainer.worst import read_worst

if TYPE_CHECKING:
    from rich.console import Console

    from langprop.modules.module import Module
    from langprop.population.policy import Policy
    from langprop.trainer.run_dir import RunDir

_GENERATIONS = 50
_WIDE = 200  # [characters] of a line that isn't shown on a terminal


def run(argv: Sequence[str]) -> int:
    """Print what is in a run folder.

    Imports no code of the user's, and runs no script, unless pictures of an environment are asked
    for.
    """
    made = argparse.ArgumentParser(
        prog="langprop show",
        description="Show a run: ranking, lineage, the best script, cost. Reads the run's folder "
        "only, but for --plots.",
        allow_abbrev=False,
    )
    made.add_argument("run", metavar="RUN", help="the run's folder")
    made.add_argument(
        "--policy", metavar="ID", help="another policy than the best, by the beginning of its id"
    )
    made.add_argument("--top", type=int, default=10, metavar="K", help="policies in the ranking")
    made.add_argument(
        "--diff",
        nargs="+",
        metavar="ID",
        help="how the second script differs from the first; or one, from its parent",
    )
    made.add_argument(
        "--worst",
        type=int,
        metavar="N",
        help="the N worst samples of the best policy in the last step, ten at the most",
    )
    made.add_argument(
        "--plots",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="draw curves of scores, cost and failures, by default into RUN/plots; a run in an "
        "environment is filmed, too, which imports its module and runs its best script, isolated",
    )
    made.add_argument("--json", action="store_true", help="print all of it as JSON")
    settings = made.parse_args(list(argv))
    if settings.diff is not None and len(settings.diff) > 2:
        made.error("--diff takes one id or two; write the run in front of it.")

    from rich.console import Console

    from langprop.trainer.loaded import load
    from langprop.trainer.run_dir import RunDir

    folder = RunDir(settings.run)
    module = load(settings.run)
    if settings.json:
        print(as_json(_as_data(module, folder, settings.policy)))
        return 0
    if settings.plots is not None:
        from langprop.cli.pictures import draw_run

        for path in draw_run(settings.run, settings.plots or None):
            print(path)
        return 0
    console = Console() if sys.stdout.isatty() else Console(width=_WIDE)
    if settings.diff is not None:
        _print_diff(console, module, folder, settings.diff)
    elif settings.worst is not None:
        _print_worst(console, module, folder, settings.worst)
    else:
        _print_run(console, module, folder, settings)
    return 0


def _print_run(
    console: Console, module: Module, folder: RunDir, settings: argparse.Namespace
) -> None:
    state, _ = folder.read()
    console.print(f"[bold]{module.entry_point}[/bold] · {_figures(folder)}", highlight=False)
    ranking = ranked(module)
    _print_ranking(console, module, ranking[: max(0, settings.top)])
    if len(ranking) > settings.top:
        console.print(f"… and {len(ranking) - settings.top} more (--top)")
    for test in tested(folder.path)[-3:]:
        console.print(f"tested: {in_words(test)}", markup=False, highlight=False)
    print_cost(console, state.get("optimizer", {}))
    policy = chosen(module, folder, settings.policy)
    lineage = " ← ".join(_step(entry) for entry in _ancestors(module, folder, policy))
    console.print(
        visible(f"\n{policy.id}  lineage: {lineage}"),
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    print_source(console, policy.script.source)


def _figures(folder: RunDir) -> str:
    """The figures of the last step in words."""
    last = _last(folder)
    parts = []
    if "step" in last:
        parts.append(f"step {last['step']}")
    if isinstance(last.get("evaluations"), int):
        parts.append(f"{last['evaluations']:,} evaluations")
    if isinstance(last.get("seconds"), (int, float)):
        parts.append(f"{last['seconds']:.0f} s")
    parts += [
        f"{key.removeprefix('cost/').replace('_', ' ')} {value:,.6g}"
        for key, value in last.items()
        if key.startswith("cost/") and isinstance(value, (int, float))
    ]
    return " · ".join(parts) or "no step was completed"


def _last(folder: RunDir) -> dict[str, Any]:
    """The figures of the last step."""
    return next(reversed(folder.by_step().values()), {})


def _print_ranking(console: Console, module: Module, ranking: Sequence[Policy]) -> None:
    from rich.table import Table
    from rich.text import Text

    objectives = list(dict.fromkeys(name for policy in ranking for name in policy.objectives))
    table = Table(box=None, pad_edge=False)
    for name in ("", "policy", "priority", "samples", "validation"):
        table.add_column(name, no_wrap=True)
    for name in (*objectives, "origin", "parent"):
        table.add_column(Text(visible(name)))
    for policy in ranking:
        of = policy.objectives
        table.add_row(
            "*" if policy is module.best else "",
            policy.id[:8],
            f"{policy.priority:.4g}",
            f"{policy.weight:.0f}",
            "" if policy.val_score is None else f"{policy.val_score:.4g}",
            *(f"{of[name].priority:.4g}" if name in of else "" for name in objectives),
            Text(visible(policy.script.origin)),
            (policy.script.parent or "")[:8],
        )
    console.print(table)


def _print_diff(console: Console, module: Module, folder: RunDir, named: Sequence[str]) -> None:
    ids = list(dict.fromkeys([*(policy.id for policy in ranked(module)), *saved(folder, module)]))
    found = [id_named(ids, beginning) for beginning in named]
    if len(found) == 1:
        parent = _origins(module, folder).get(found[0], Ancestor(found[0])).parent
        if parent is None:
            raise UnknownName(
                f"{found[0]} has no parent that is known: name two ids, such as  "
                f"--diff {next((each for each in ids if each != found[0]), 'ID')[:8]} "
                f"{found[0][:8]}"
            )
        if parent not in ids:
            raise UnknownName(f"the parent {parent} of {found[0]} isn't in the run: name two ids.")
        found.insert(0, parent)
    sources = [policy_named(module, folder, each).script.source for each in found]
    if not print_difference(console, sources[0], sources[1], (found[0], found[1])):
        console.print(f"{found[0]} and {found[1]} are the same text.", highlight=False)


def _print_worst(console: Console, module: Module, folder: RunDir, count: int) -> None:
    worst = read_worst(folder.path)
    if worst is None:
        console.print(
            "The run has no worst.json: it holds no step, or an older version made it. "
            f"See the samples with  langprop validate {folder.path}",
            highlight=False,
        )
        return
    console.print(
        visible(
            f"policy {worst.get('policy')} in step {worst.get('step')}, "
            f"{worst.get('samples')} samples; the worst:"
        ),
        markup=False,
        highlight=False,
    )
    print_samples(console, module.entry_point, worst["records"][: max(0, count)])


def _origins(module: Module, folder: RunDir) -> dict[str, Ancestor]:
    """Where every script came from, as far as it is known."""
    known = read_lineage(folder.path)
    for policy in ranked(module):
        script = policy.script
        known.setdefault(
            policy.id, Ancestor(policy.id, script.parent, script.donor, script.origin, -1)
        )
    return known


def _ancestors(module: Module, folder: RunDir, policy: Policy) -> list[Ancestor]:
    """A policy and its ancestors, the youngest first."""
    known = _origins(module, folder)
    chain: list[Ancestor] = []
    following: str | None = policy.id
    while following is not None and len(chain) < _GENERATIONS:
        if any(entry.id == following for entry in chain):  # a damaged file
            break
        entry = known.get(following, Ancestor(following, step=-1))
        chain.append(entry)
        following = entry.parent
    return chain


def _step(entry: Ancestor) -> str:
    origin = f" ({entry.origin})" if entry.origin else ""
    return f"{entry.id}{origin}"


def _as_data(module: Module, folder: RunDir, named: str | None) -> dict[str, Any]:
    """The run as plain data."""
    state, _ = folder.read()
    policy = chosen(module, folder, named)
    return {
        "function": module.entry_point,
        "run": str(folder.path),
        "step": state.get("step"),
        "epoch": state.get("epoch"),
        "stopped": state.get("stopped"),
        "figures": _last(folder),
        "best": module.best.id if module.best else None,
        "policies": [
            {
                "id": policy.id,
                "priority": policy.priority,
                "stderr": policy.stderr,
                "samples": policy.weight,
                "validation": policy.val_score,
                "objectives": {
                    name: {"priority": each.priority, "stderr": each.stderr}
                    for name, each in policy.objectives.items()
                },
                "origin": policy.script.origin,
                "parent": policy.script.parent,
                "donor": policy.script.donor,
            }
            for policy in ranked(module)
        ],
        "policy": policy.id,
        "source": policy.script.source,
        "lineage": [vars(entry) for entry in _ancestors(module, folder, policy)],
        "worst": read_worst(folder.path),
        "tests": tested(folder.path),
        "account": state.get("optimizer", {}).get("account"),
    }
