"""Driving options: what `driving collect`, `evaluate` and `render` have in common."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from langprop.sandbox.isolation import MODES

if TYPE_CHECKING:
    from langprop.driving.agents.drivers import Driver
    from langprop.driving.task import RouteTask

EXTENTS = (
    "by default what a run's policies were trained with (its folder, best.py and scripts in it), "
    "half for checkpoints of the paper's code, and full for all others"
)
"""How sizes in scenes are known, in words."""

MEMORY = "by default as with --extents"
"""How it's known whether stop signs stay."""


def add_suite(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the option that names the suite."""
    parser.add_argument(
        "--suite",
        default=default,
        help=f"training, testing, long, tiny, or a JSON file of routes (default: {default})",
    )


def add_routes(parser: argparse.ArgumentParser, suite: str, seeds: int) -> None:
    """Add the options that say which routes are driven, under which traffic.

    Args:
        parser: Of a command.
        suite: The default.
        seeds: The default of their number.
    """
    add_suite(parser, suite)
    parser.add_argument(
        "--seeds",
        type=int,
        default=seeds,
        metavar="N",
        help=f"seeds of traffic (default: {seeds})",
    )
    parser.add_argument("--first-seed", type=int, default=0, metavar="N", help="the first of them")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N routes")


def add_shown(parser: argparse.ArgumentParser, extents: str, stop_memory: str) -> None:
    """Add the options that say what scripts are shown.

    Args:
        parser: Of a command.
        extents: What it says of the one.
        stop_memory: What it says of the other.
    """
    parser.add_argument("--extents", choices=["full", "half"], help=extents)
    parser.add_argument("--stop-memory", action=argparse.BooleanOptionalAction, help=stop_memory)


def add_isolation(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how scripts are kept in."""
    parser.add_argument(
        "--isolation", choices=MODES, default="auto", help="how scripts are kept in"
    )


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Add the option that silences the lines of drives."""
    parser.add_argument("--quiet", action="store_true", help="print no line for each drive")


def read_options(
    parser: argparse.ArgumentParser, argv: Sequence[str], **least: int
) -> argparse.Namespace:
    """Read a command line with the options of `add_routes`; a number that is too small ends it.

    Args:
        parser: Of the command.
        argv: What was written.
        least: The least that each of the command's own numbers may be.
    """
    settings = parser.parse_args(list(argv))
    for name, low in {"seeds": 1, "limit": 1, **least}.items():
        value = getattr(settings, name)
        if value is not None and value < low:
            parser.error(f"--{name} must be at least {low}, but got {value}.")
    if settings.first_seed < 0:
        parser.error(f"--first-seed must not be negative, but got {settings.first_seed}.")
    return settings


def routes_of(settings: argparse.Namespace) -> tuple[tuple[RouteTask, ...], range]:
    """The routes and the seeds that were asked for.

    Raises:
        TownError: There is no such suite, or its file is damaged.
    """
    from langprop.driving.maps.suites import suite

    first = settings.first_seed
    return suite(settings.suite)[: settings.limit], range(first, first + settings.seeds)


def shown(driver: Driver, settings: argparse.Namespace) -> Driver:
    """A driver with what was said of its scenes; where nobody knows, that is told."""
    said = {"extents": settings.extents, "stop_memory": settings.stop_memory}
    known = {name: value for name, value in said.items() if value is not None}
    if driver.presumed and not known:
        print(
            f"{driver.name} is shown half sizes, and stop signs that stay, as in the paper's code. "
            "Its format doesn't tell: if it was trained with others, say --extents full or "
            "--stop-memory.",
            file=sys.stderr,
        )
    return replace(driver, **known)
