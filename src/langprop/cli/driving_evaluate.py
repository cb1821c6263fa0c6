"""`langprop driving evaluate`: let policies drive a suite of routes, side by side."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from langprop.cli.driving_options import (
    EXTENTS,
    MEMORY,
    add_isolation,
    add_quiet,
    add_routes,
    add_shown,
    read_options,
    routes_of,
    shown,
)
from langprop.errors import ConfigError, LangPropError

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
    drivers = [shown(driver, settings) for driver in read_drivers(settings.policies)]
    out = None if settings.json is None else Path(settings.json)
    if out is not None:
        _check_writable(out)
    from langprop.driving.judging.evaluate import Evaluation, evaluate, gather
    from langprop.driving.judging.table import table

    tasks, seeds = routes_of(settings)
    results: list[Drive | Failure] = []

    def keep(result: Drive | Failure, number: int, total: int) -> None:
        results.append(result)
        if not settings.quiet:
            _tell(result, number, total)

    def report(evaluation: Evaluation) -> None:
        print(table(evaluation), flush=True)
        if out is not None:
            _write(out, json.dumps(evaluation.to_dict(), indent=1))

    try:
        evaluation = evaluate(
            drivers,
            tasks,
            seeds,
            jobs=settings.jobs,
            suite=settings.suite,
            agreement=settings.agreement,
            isolation=settings.isolation,
            on_drive=keep,
        )
    except (KeyboardInterrupt, LangPropError):
        if results:
            report(gather(results, drivers, tasks, seeds, suite=settings.suite))
        raise
    report(evaluation)
    return int(bool(evaluation.failures))


def _check_writable(path: Path) -> None:
    """Find out now, and not after all the drives."""
    if path.is_dir():
        raise ConfigError(f"{path} is a folder: name a file, such as {path / 'scores.json'}.")
    if not path.parent.is_dir():
        raise ConfigError(f"{path} can't be written: there is no folder {path.parent}.")
    if not os.access(path.parent, os.W_OK):
        raise ConfigError(f"{path} can't be written: the folder {path.parent} is write-protected.")


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
    add_routes(made, "testing", seeds=3)
    made.add_argument("--jobs", type=int, metavar="N", help="processes; one per core by default")
    add_shown(
        made,
        extents=f"sizes in scenes; {EXTENTS}",
        stop_memory=f"whether a stop sign is gone once the vehicle has stopped for it; {MEMORY}",
    )
    made.add_argument(
        "--agreement",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="ask the expert every tenth tick what it would do",
    )
    add_isolation(made)
    made.add_argument(
        "--json", metavar="FILE", help="write everything there, after ^C what there is"
    )
    add_quiet(made)
    return read_options(made, argv, jobs=1)


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
