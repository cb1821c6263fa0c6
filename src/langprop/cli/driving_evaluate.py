"""`langprop driving evaluate`: let policies drive a suite of routes, side by side."""

from __future__ import annotations

import argparse
import json
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
    drivers = [shown(driver, settings) for driver in read_drivers(settings.policies)]
    out = None if settings.json is None else Path(settings.json)
    if out is not None and not out.parent.is_dir():
        raise ConfigError(f"{out} can't be written: there is no folder {out.parent}.")
    from langprop.driving.judging.evaluate import evaluate
    from langprop.driving.judging.table import table

    tasks, seeds = routes_of(settings)
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
    made.add_argument("--json", metavar="FILE", help="write everything there")
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
