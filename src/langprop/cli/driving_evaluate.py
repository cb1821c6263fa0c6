"""`langprop driving evaluate`: let policies drive a suite of routes, side by side."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from langprop.errors import ConfigError

if TYPE_CHECKING:
    from langprop.driving.judging.drive import Drive
    from langprop.driving.judging.fleet import Failure


def run(argv: Sequence[str]) -> int:
    """Drive, and print a table.

    Returns:
        0; 1 if a drive has no result.
    """
    from langprop.driving.agents.drivers import BASELINES, EXPERT, read_drivers

    settings = _read(argv, [EXPERT, *BASELINES])
    drivers = read_drivers(settings.policies)
    if settings.extents is not None:
        drivers = [replace(driver, extents=settings.extents) for driver in drivers]
    if settings.stop_memory is not None:
        drivers = [replace(driver, stop_memory=settings.stop_memory) for driver in drivers]
    out = None if settings.json is None else Path(settings.json)
    if out is not None and not out.parent.is_dir():
        raise ConfigError(f"{out} can't be written: there is no folder {out.parent}.")
    from langprop.driving.judging.evaluate import evaluate
    from langprop.driving.judging.table import table
    from langprop.driving.maps.suites import suite

    tasks = suite(settings.suite)
    tasks = tasks if settings.limit is None else tasks[: settings.limit]
    seeds = range(settings.first_seed, settings.first_seed + settings.seeds)
    evaluation = evaluate(
        drivers,
        tasks,
        seeds,
        jobs=settings.jobs,
        suite=settings.suite,
        agreement=settings.agreement,
        isolation=settings.isolation,
        on_drive=None if settings.quiet else _tell,
    )
    print(table(evaluation))
    if out is not None:
        _write(out, json.dumps(evaluation.to_dict(), indent=1))
    return int(bool(evaluation.failures))


def _read(argv: Sequence[str], names: Sequence[str]) -> argparse.Namespace:
    made = argparse.ArgumentParser(
        prog="langprop driving evaluate",
        description="Let policies drive the routes of a suite under the same traffic, in parallel "
        "processes, and print their scores with intervals. Scripts run isolated.",
        allow_abbrev=False,
    )
    made.add_argument(
        "policies",
        metavar="POLICY",
        nargs="+",
        help=f"{', '.join(names)}; a script, a run's folder or checkpoint, or a checkpoint of the "
        "paper's code; NAME=POLICY to give it a name. The others are compared with the first one",
    )
    made.add_argument(
        "--suite",
        default="testing",
        help="training, testing, long, tiny, or a JSON file of routes (default: testing)",
    )
    made.add_argument(
        "--seeds", type=int, default=3, metavar="N", help="seeds of traffic (default: 3)"
    )
    made.add_argument("--first-seed", type=int, default=0, metavar="N", help="the first of them")
    made.add_argument("--limit", type=int, metavar="N", help="only the first N routes")
    made.add_argument("--jobs", type=int, metavar="N", help="processes; one per core by default")
    made.add_argument(
        "--extents",
        choices=["full", "half"],
        help="sizes in scenes; by default what a run's policies were trained with, half for "
        "checkpoints of the paper's code, and full for all others",
    )
    made.add_argument(
        "--stop-memory",
        action=argparse.BooleanOptionalAction,
        help="whether a stop sign is gone once the vehicle has stopped for it; by default as with "
        "--extents",
    )
    made.add_argument(
        "--agreement",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="ask the expert every tenth tick what it would do",
    )
    made.add_argument(
        "--isolation",
        choices=["auto", "sealed", "bwrap", "process", "none"],
        default="auto",
        help="how scripts are kept in",
    )
    made.add_argument("--json", metavar="FILE", help="write everything there")
    made.add_argument("--quiet", action="store_true", help="print no line for each drive")
    settings = made.parse_args(list(argv))
    for name in ("seeds", "limit", "jobs"):
        value = getattr(settings, name)
        if value is not None and value < 1:
            made.error(f"--{name} must be at least 1, but got {value}.")
    if settings.first_seed < 0:
        made.error(f"--first-seed must not be negative, but got {settings.first_seed}.")
    return settings


def _tell(result: Drive | Failure, number: int, total: int) -> None:
    from langprop.driving.judging.drive import Drive
    from langprop.driving.judging.table import first_line

    head = f"{number}/{total}  {result.agent}  {result.task}  seed {result.seed}: "
    if not isinstance(result, Drive):
        print(f"{head}no result: {result.error}", file=sys.stderr, flush=True)
        return
    score = result.at_fault
    kinds = ", ".join(
        f"{count} {kind.lower()}" if count > 1 else kind.lower()
        for kind, count in score.counts.items()
    )
    ended = result.ended.lower()
    again = f"; driven a second time: {first_line(result.repeated)}" if result.repeated else ""
    print(
        f"{head}{score.driving:.1f} (completion {score.completion:.0f} %, {ended}"
        f"{'; ' if kinds else ''}{kinds}), {result.seconds:.0f} s in {result.wall:.1f} s{again}",
        file=sys.stderr,
        flush=True,
    )


def _write(path: Path, text: str) -> None:
    from langprop.files import write_text

    try:
        write_text(path, text)
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {error.strerror or error}") from error
