"""`langprop driving collect`: drive the routes of a suite, and keep what was seen as a dataset."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from langprop.cli.driving_options import (
    EXTENTS,
    MEMORY,
    add_quiet,
    add_routes,
    add_shown,
    read_options,
    routes_of,
    shown,
)

if TYPE_CHECKING:
    from langprop.driving.frames.collect import Ride


def run(argv: Sequence[str]) -> int:
    """Drive, and store frames."""
    from langprop import __version__
    from langprop.driving.agents.drivers import read_driver
    from langprop.driving.frames.collect import Collection, collect

    settings = _read(argv)
    driver = shown(read_driver(settings.policy), settings)
    tasks, seeds = routes_of(settings)
    out = Path(settings.out)
    about = {
        "langprop": __version__,
        "suite": settings.suite,
        "policy": driver.name,
        "script": driver.source,
        "every": settings.every,
        "seconds_per_tick": 0.05,
        "lookahead": settings.lookahead,
    }
    if driver.source:  # what a script was shown; the frames themselves hold everything
        about |= {"extents": driver.extents, "stop_memory": driver.stop_memory}
    collection = Collection(
        tasks, seeds, driver, every=settings.every, lookahead=settings.lookahead
    )
    frames = collect(
        collection,
        out,
        about,
        resume=settings.resume,
        jobs=settings.jobs,
        on_ride=(lambda *_: None) if settings.quiet else tell,
    )
    marked = sum(int(drive["marked"]) for drive in frames.drives)
    print(
        f"{len(frames):,} frames of {len(frames.drives)} drives in {out}; {marked} of them before "
        "an infraction"
    )
    return 0


def _read(argv: Sequence[str]) -> argparse.Namespace:
    from langprop.driving.agents.drivers import BASELINES, EXPERT

    made = argparse.ArgumentParser(
        prog="langprop driving collect",
        description="Drive the routes of a suite and store what was to be seen, what the expert "
        "would have done, what the driver did, and the infractions that followed. What is stored "
        "is whole at any moment; --resume goes on where it was broken off.",
        allow_abbrev=False,
    )
    made.add_argument("--out", required=True, metavar="FOLDER", help="where to")
    add_routes(made, "training", seeds=1)
    made.add_argument(
        "--policy",
        default=EXPERT,
        help=f"who drives: {EXPERT} (default), {', '.join(BASELINES)}, a script or a run's folder; "
        "the expert labels the frames in any case",
    )
    made.add_argument(
        "--every",
        type=int,
        default=10,
        metavar="TICKS",
        help="ticks of 0.05 s between frames (default: 10)",
    )
    made.add_argument(
        "--lookahead",
        type=int,
        default=4,
        metavar="FRAMES",
        help="frames before an infraction that are marked with it (default: 4, which is 2 s)",
    )
    add_shown(
        made,
        extents=f"sizes in the scenes of a script that drives; {EXTENTS}",
        stop_memory="whether a stop sign is gone from these scenes once it has stopped for it; "
        + MEMORY,
    )
    made.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (default: 1)")
    made.add_argument("--resume", action="store_true", help="go on with a collection")
    add_quiet(made)
    return read_options(made, argv, jobs=1, every=1, lookahead=0)


def tell(ride: Ride, number: int, total: int) -> None:
    """Say how a drive went."""
    about = ride.about
    again = f"; driven a second time: {about['repeated']}" if about.get("repeated") else ""
    print(
        f"{number}/{total}  {ride.task.name}  seed {ride.seed}: {len(ride.frames)} frames, "
        f"{about['ended'].lower()}, driving score {about['at_fault']:.1f}{again}",
        file=sys.stderr,
        flush=True,
    )
