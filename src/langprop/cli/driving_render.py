"""`langprop driving render`: make a film or a picture of a drive."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from langprop.cli.driving_options import (
    EXTENTS,
    MEMORY,
    add_isolation,
    add_shown,
    add_suite,
    shown,
)
from langprop.errors import ConfigError

if TYPE_CHECKING:
    from langprop.driving.agents.drivers import Driver
    from langprop.driving.event import Event
    from langprop.driving.judging.drive import Drive, OnTick, Tick
    from langprop.driving.pictures.film import Film
    from langprop.driving.pictures.render import Renderer
    from langprop.driving.task import RouteTask
    from langprop.executors.base import Executor
    from langprop.sandbox.isolation import Mode

_DT = 0.05  # [s]
_SHOWN = 2.0  # for how long an event is written in the pictures [s]
_SUFFIXES = (".gif", ".mp4", ".png")


def run(argv: Sequence[str]) -> int:
    """Drive, and draw.

    Returns:
        0.
    """
    from langprop.driving.agents.drivers import BASELINES, EXPERT, read_driver

    settings = _read(argv, [EXPERT, *BASELINES])
    driver = shown(read_driver(settings.policy), settings)
    out = Path(settings.out)
    if out.suffix.lower() not in _SUFFIXES:
        raise ConfigError(
            f"--out ends with {', '.join(_SUFFIXES[:-1])} or {_SUFFIXES[-1]}, but got {out}."
        )
    if not out.parent.is_dir():
        raise ConfigError(f"{out} can't be written: there is no folder {out.parent}.")
    from langprop.driving.maps.suites import suite
    from langprop.driving.maps.towns import town
    from langprop.driving.pictures.render import Renderer

    task = _chosen(suite(settings.suite), settings.route, settings.suite)
    renderer = Renderer(town(task.town).network, size=settings.size, view=settings.view)
    try:
        done = _drawn(settings, driver, task, renderer, out)
    except OSError as error:
        raise ConfigError(f"{out} can't be written: {error.strerror or error}") from error
    score = done.at_fault
    print(
        f"{driver.name} on {task.name}, seed {settings.seed}: {done.ended.lower()} after "
        f"{done.seconds:.1f} s, driving score {score.driving:.1f}"
    )
    for event in done.events:
        print(f"  {event.time:6.1f} s  {event.message or event.kind}")
    print(out)
    return 0


def _drawn(
    settings: argparse.Namespace, driver: Driver, task: RouteTask, renderer: Renderer, out: Path
) -> Drive:
    """The drive, drawn while it goes on."""
    from langprop.driving.agents.loading import check_scripts
    from langprop.driving.judging.drive import drive
    from langprop.driving.pictures.album import Album
    from langprop.driving.pictures.film import Film
    from langprop.driving.sumo.simulator import SumoSimulator

    album = None
    if settings.pictures is not None:
        album = Album(renderer, settings.pictures, text=driver.name)
    begin, end = settings.begin, math.inf if settings.end is None else settings.end

    def watching(draw: OnTick) -> OnTick:
        def on_tick(tick: Tick) -> bool | None:
            if album is not None:
                album.see(tick.truth, tick.decision, tick.events)
            now = tick.observation.time
            if now < begin - 1e-6:
                return None
            return draw(tick) or now >= end - 1e-6

        return on_tick

    with (
        SumoSimulator() as simulator,
        _executor(settings.isolation) as executor,
        driver.agent(executor) as agent,
    ):
        check_scripts([driver], executor)
        if out.suffix.lower() == ".png":
            still = _Still(renderer, driver.name)
            done = drive(simulator, task, settings.seed, agent, on_tick=watching(still.see))
            still.save(out)
            return done
        pace = settings.speed / (settings.every * _DT)
        with Film(out, pace=pace) as film:
            camera = _Camera(renderer, film, settings.every, driver.name)
            return drive(simulator, task, settings.seed, agent, on_tick=watching(camera.see))


def _executor(isolation: Mode) -> Executor:
    if isolation == "none":
        from langprop.executors.inline import InlineExecutor

        return InlineExecutor()
    from langprop.executors.local import LocalExecutor

    return LocalExecutor(workers=1, isolation=isolation)


class _Camera:
    """Adds every so manieth tick to a film; an event stays in the picture for two seconds."""

    def __init__(self, renderer: Renderer, film: Film, every: int, text: str) -> None:
        self._renderer, self._film, self._every, self._text = renderer, film, every, text
        self._shown: list[Event] = []

    def see(self, tick: Tick) -> None:
        """Add a picture, or let it be."""
        now = tick.after.observation.time
        self._shown += tick.events
        self._shown = [event for event in self._shown if now - event.time < _SHOWN][-2:]
        if tick.observation.tick % self._every == 0 or tick.events:
            frame = self._renderer.frame(tick.after, tick.decision, self._shown, text=self._text)
            self._film.add(frame)


class _Still:
    """Keeps one tick."""

    def __init__(self, renderer: Renderer, text: str) -> None:
        self._renderer, self._text = renderer, text
        self._tick: Tick | None = None

    def see(self, tick: Tick) -> bool:
        """Take the first one that comes, and end the drive."""
        self._tick = tick
        return True

    def save(self, path: Path) -> None:
        """Draw it."""
        if self._tick is None:
            raise ConfigError("the drive ended before the time of the picture: see --from.")
        tick = self._tick
        self._renderer.save(path, tick.after, tick.decision, tick.events, text=self._text)


def _chosen(tasks: Sequence[RouteTask], route: str, suite: str) -> RouteTask:
    """A route by its number from 1, or by its name."""
    if route.isdecimal() and 1 <= int(route) <= len(tasks):
        return tasks[int(route) - 1]
    for task in tasks:
        if route in (task.name, task.name.partition("/")[2]):
            return task
    raise ConfigError(
        f"suite {suite!r} has no route {route!r}: write a number from 1 to {len(tasks)}, or a "
        f"name such as {tasks[0].name!r}."
    )


def _read(argv: Sequence[str], names: Sequence[str]) -> argparse.Namespace:
    made = argparse.ArgumentParser(
        prog="langprop driving render",
        description="Let a policy drive a route, and draw what happens from above: as a film "
        "(.gif, or .mp4 with imageio-ffmpeg) or as one picture (.png).",
        allow_abbrev=False,
    )
    made.add_argument(
        "policy",
        metavar="POLICY",
        help=f"{', '.join(names)}; a script, a run's folder or checkpoint, or a checkpoint of the "
        "paper's code",
    )
    made.add_argument("--out", metavar="FILE", default="drive.gif", help="default: drive.gif")
    add_suite(made, "tiny")
    made.add_argument(
        "--route", default="1", help="its number in the suite, from 1, or its name (default: 1)"
    )
    made.add_argument("--seed", type=int, default=0, help="of the traffic (default: 0)")
    made.add_argument(
        "--from", dest="begin", type=float, default=0.0, metavar="SECONDS", help="where it begins"
    )
    made.add_argument(
        "--to", dest="end", type=float, metavar="SECONDS", help="where it ends, drive and all"
    )
    made.add_argument(
        "--every", type=int, default=4, metavar="N", help="ticks of 0.05 s per picture (default: 4)"
    )
    made.add_argument(
        "--speed", type=float, default=2.0, help="times as fast as it was (default: 2)"
    )
    made.add_argument("--size", type=int, default=480, metavar="PIXELS", help="default: 480")
    made.add_argument(
        "--view", type=float, default=70.0, metavar="METRES", help="width of the map (default: 70)"
    )
    made.add_argument(
        "--pictures",
        metavar="FOLDER",
        help="put a picture there of what was 1 s before each infraction",
    )
    add_shown(
        made,
        extents=f"sizes in scenes; {EXTENTS}",
        stop_memory=f"whether a stop sign is gone once the vehicle has stopped for it; {MEMORY}",
    )
    add_isolation(made)
    settings = made.parse_args(list(argv))
    if settings.every < 1:
        made.error(f"--every must be at least 1, but got {settings.every}.")
    if not 32 <= settings.size <= 4096:
        made.error(f"--size must be from 32 to 4096 pixels, but got {settings.size}.")
    for name in ("speed", "view"):
        value = getattr(settings, name)
        if not (math.isfinite(value) and value > 0):
            made.error(f"--{name} must be positive, but got {value}.")
    if not (math.isfinite(settings.begin) and settings.begin >= 0):
        made.error(f"--from must be 0 or more, but got {settings.begin}.")
    if settings.end is not None and not settings.end > settings.begin:
        made.error(f"--to must be more than --from, but got {settings.end}.")
    return settings
