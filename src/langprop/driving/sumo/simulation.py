"""SumoSimulation: a town in SUMO with our vehicle in it, in this process."""

from __future__ import annotations

import contextlib
import gzip
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from langprop.closing import Closing
from langprop.driving.control import Control
from langprop.driving.maps.routing import plan_route
from langprop.driving.maps.towns import Town, town
from langprop.driving.observation import Observation
from langprop.driving.route import Route
from langprop.driving.simulator import Truth
from langprop.driving.sumo import library
from langprop.driving.sumo.episode import Episode
from langprop.driving.sumo.text_file import TextFile
from langprop.driving.sumo.traffic import route_file
from langprop.driving.task import RouteTask
from langprop.errors import SimulatorError

_DT = 0.05  # [s]
_WARM_UP = 9.0  # until the traffic flows [s]
_FIRST_PHASE = (1.0, 18.0)  # of traffic lights: they don't switch all at once [s]

_only_one = threading.Lock()  # libsumo holds one simulation in a process


class SumoSimulation(Closing):
    """A town in SUMO with our vehicle in it, in this process.

    There can be one in a process, and a crash of SUMO ends the process: `SumoSimulator` is the same
    in a process of its own. SUMO moves the traffic, which reacts to the ego; the ego is a `Bicycle`
    that is put to its place before each step, and the hazards move actors of their own.

    Everything follows from the task, its `traffic_seed` and the seed of the reset.

    Attributes:
        dt: Seconds per step.

    Raises:
        MissingDependency: libsumo isn't installed.
        SimulatorError: It can't be loaded, or there is another one in this process.
    """

    dt = _DT

    def __init__(self) -> None:
        self._sumo: Any = library.load()
        if not _only_one.acquire(blocking=False):
            raise SimulatorError(
                "libsumo holds one simulation in a process: close the other one first, or use "
                "SumoSimulator, which has a process of its own."
            )
        self._closed = self._started = False
        self._files: list[TextFile] = []  # SUMO reads them bit by bit
        self._episode: Episode | None = None

    def reset(self, task: RouteTask, seed: int) -> Observation:
        """Begin a route; about 0.1 to 0.2 s.

        Raises:
            TownError: The town or the route doesn't exist, or leads nowhere.
            SimulatorError: SUMO refuses the town, or this was closed.
        """
        if self._closed:
            raise SimulatorError("this simulation was closed; make a new one.")
        self._episode = None
        place = town(task.town)
        route = plan_route(place.network, task)
        mixed = f"{task.traffic_seed} {seed}"
        rng = random.Random(f"sumo {mixed}")  # noqa: S311 - traffic, no secrets
        with self._in_words(f"can't begin {task.name!r}"):
            self._load(place, task, route, mixed, rng.getrandbits(31))
            for light in sorted(self._sumo.trafficlight.getIDList()):
                self._sumo.trafficlight.setPhaseDuration(light, rng.uniform(*_FIRST_PHASE))
            for _ in range(round(_WARM_UP / _DT)):
                self._sumo.simulationStep()
            self._episode = Episode(self._sumo, place, task, route, seed=mixed, dt=_DT)
        return self._episode.observation

    def observe(self) -> Observation:
        """What is to be seen now."""
        return self._now().observation

    def step(self, control: Control) -> Observation:
        """Drive for `dt`.

        Raises:
            ValueError: A number of the control isn't finite.
            SimulatorError: SUMO failed, or nothing was begun.
        """
        episode = self._now()
        with self._in_words(f"failed in tick {episode.tick + 1}"):
            episode.step(control)
        return episode.observation

    def truth(self) -> Truth:
        """What else is known now."""
        return self._now().truth()

    def remove(self, actor: str) -> None:
        """Take an actor off the road, as of the next step."""
        self._now().remove(actor)

    def close(self) -> None:
        """End the simulation. Closing twice is harmless."""
        if self._closed:
            return
        self._closed, self._episode = True, None
        if self._started:
            with contextlib.suppress(Exception):  # it was of no use any more
                self._sumo.close()
        self._close_files()
        _only_one.release()

    def _now(self) -> Episode:
        if self._episode is None:
            raise SimulatorError(
                "this simulation was closed; make a new one."
                if self._closed
                else "nothing was begun: call reset(task, seed) first."
            )
        return self._episode

    def _load(self, place: Town, task: RouteTask, route: Route, mixed: str, seed: int) -> None:
        """Begin anew, with other traffic."""
        limit = 0.8 * route.length + 5.0  # when a route times out [s]
        self._close_files()
        routes = self._file(route_file(place.network, task.traffic, mixed, limit))
        # fmt: off
        options = [
            "--net-file", self._readable(place.net_file), "--route-files", routes,
            "--step-length", str(_DT), "--seed", str(seed),
            "--collision.action", "warn", "--collision.check-junctions", "true",
            "--collision.mingap-factor", "0",
            # Who stands for long would be moved elsewhere, the ego as well: `Upkeep` does better.
            "--time-to-teleport", "-1",
            # Nobody appears out of nothing later on, perhaps before the ego.
            "--max-depart-delay", "1",
            "--ignore-route-errors", "true", "--pedestrian.striping.jamtime", "30",
            "--no-step-log", "true", "--no-warnings", "true", "--duration-log.disable", "true",
            "--xml-validation", "never",
        ]
        # fmt: on
        if self._started:
            self._sumo.load(options)
        else:
            self._sumo.start(["sumo", *options])
            self._started = True

    def _readable(self, path: Path) -> str:
        """A path that SUMO takes for what it is; of a copy, where it's a puzzle."""
        # SUMO takes a comma for the end of a file's name, and replaces variables.
        if "," not in str(path) and "${" not in str(path):
            return str(path)
        data = path.read_bytes()
        return self._file(gzip.decompress(data) if path.suffix == ".gz" else data)

    def _file(self, text: str | bytes) -> str:
        """The path of a file that is kept as long as SUMO may read it."""
        self._files.append(TextFile(text))
        return self._files[-1].path

    def _close_files(self) -> None:
        for file in self._files:
            file.close()
        self._files.clear()

    @contextlib.contextmanager
    def _in_words(self, what: str) -> Iterator[None]:
        """Turn SUMO's errors into ours; after one, only a reset can help."""
        try:
            yield
        except (self._sumo.TraCIException, self._sumo.FatalTraCIError, OSError) as error:
            self._episode = None
            reason = str(error).strip() or "it doesn't say why"
            raise SimulatorError(f"SUMO {what}: {reason}") from error
        except SimulatorError:
            self._episode = None
            raise
