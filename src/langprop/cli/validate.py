"""`langprop validate`: judge policies of a run on validation data."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from langprop.cli.again import Again
from langprop.cli.judging import (
    add_data,
    add_sandbox,
    executor_of,
    judge,
    limits_of,
    read_batch,
)
from langprop.cli.named import chosen, ranked
from langprop.cli.plain import as_json
from langprop.cli.samples import print_samples
from langprop.cli.tested import AT_END, in_words, note_tests, tested
from langprop.trainer.worst import abbreviated, worst_records

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.population.policy import Policy
    from langprop.trainer.report import Report

_WORDS = {"val": "validation", "test": "test"}


def run(argv: Sequence[str]) -> int:
    """Judge on validation data."""
    return judge_run(argv, "validate", "val")


def judge_run(argv: Sequence[str], command: str, split: str) -> int:
    """Judge policies of a run and print how they did.

    Args:
        argv: The arguments.
        command: Name of the command.
        split: "val" or "test".
    """
    made = argparse.ArgumentParser(
        prog=f"langprop {command}",
        description=f"Judge policies of a run on {_WORDS[split]} data. This imports the module "
        "that the run was made with; scripts run isolated, and no model is asked.",
        allow_abbrev=False,
    )
    made.add_argument("run", metavar="RUN", help="the run's folder")
    which = made.add_mutually_exclusive_group()
    which.add_argument(
        "--policy", metavar="ID", help="another policy than the best, by the beginning of its id"
    )
    which.add_argument("--top", type=int, default=1, metavar="K", help="the K best policies")
    made.add_argument(
        "--worst", type=int, default=3, metavar="N", help="how many of the worst samples to print"
    )
    made.add_argument("--json", action="store_true", help="print JSON")
    add_data(made, _WORDS[split])
    add_sandbox(made)
    settings = made.parse_args(list(argv))
    if settings.top < 1 or settings.worst < 0:
        made.error("--top must be at least 1, and --worst at least 0.")
    again = Again.of(settings.run)
    limits = limits_of(settings, again)
    module = again.module(settings.module)
    if again.stub_changed(module):
        print("note: the module's stub has changed since the run was made.", file=sys.stderr)
    policies = [chosen(module, again.folder, settings.policy)]
    if settings.policy is None:
        policies = ranked(module)[: settings.top]
    batch, name = read_batch(settings, again, module, split)
    with executor_of(settings, again) as executor:
        reports = judge(module, [policy.script for policy in policies], batch, executor, limits)
    ids = {policy.id for policy in policies}
    before = [
        each  # the test that ended the run was of the same policy: to repeat it tells nothing new
        for each in (tested(again.folder.path) if split == "test" else [])
        if not (each.get("data") == AT_END and each["policy"] in ids)
    ]
    problem = note_tests(again.folder.path, reports, name) if split == "test" else ""
    if settings.json:
        about = {"function": module.entry_point, "data": name, "samples": len(batch)}
        rows = [_row(report, settings.worst) for report in reports]
        print(as_json({**about, "policies": rows, **({"tested": before} if before else {})}))
    else:
        _print(module, policies, reports, settings.worst)
        if before:
            times = "once" if len(before) == 1 else f"{len(before)} times"
            print(
                f"note: this run was tested {times} before; the last time: {in_words(before[-1])}. "
                "A score that choices were made by says less."
            )
    if problem:
        print(f"langprop: the test can't be noted with the run: {problem}", file=sys.stderr)
    return 0


def _print(
    module: Module, policies: Sequence[Policy], reports: Sequence[Report], worst: int
) -> None:
    from rich.console import Console

    console = Console()

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    pairs = sorted(zip(policies, reports, strict=True), key=lambda pair: -pair[1].score)
    for policy, report in pairs:
        say(f"{module.entry_point}, policy {policy.id}: {report}")
        in_run = [f"priority {policy.priority:.4g}"] if policy.weight else []
        if policy.val_score is not None:
            in_run.append(f"validation {policy.val_score:.4g}")
        if in_run:
            say(f"  in the run: {', '.join(in_run)}")
    policy, report = pairs[0]
    records = worst_records(report.records, worst)
    if not records or {(record.score, record.status) for record in report.records} == {(1, "ok")}:
        return  # the usual score can't be better
    say(f"worst samples{f' of {policy.id}' if len(pairs) > 1 else ''}:")
    print_samples(console, module.entry_point, map(abbreviated, records))


def _row(report: Report, worst: int) -> dict[str, Any]:
    rows = [abbreviated(record) for record in worst_records(report.records, worst)]
    return {**report.to_dict(), "worst": rows}
