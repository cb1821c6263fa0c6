"""Session: a connection to a server, and what must be put back on it."""

from __future__ import annotations

import contextlib
import difflib
import random
from typing import Any

from langprop.driving.carla.cast import Cast
from langprop.driving.maps.opendrive import for_carla
from langprop.driving.maps.towns import Manifest, Town, town
from langprop.errors import SimulatorError, TownError

_GAP = 2.5  # [m] that CARLA's vehicles keep to those before them


class Session:
    """A connection to a server, and what must be put back on it.

    Args:
        carla: CARLA's client library.
        host: Where the server is.
        port: Where it listens.
        timeout: How long to wait for an answer [s].
        dt: Seconds per step.
        traffic_port: Where the traffic manager listens.

    Attributes:
        client: CARLA's client; None before one is connected.
        world: Of the server.
        map: Of the present town.
        manager: The server's traffic manager.
    """

    def __init__(
        self, carla: Any, host: str, port: int, *, timeout: float, dt: float, traffic_port: int
    ) -> None:
        self._carla, self._host, self._port = carla, host, port
        self._timeout, self._dt, self._traffic_port = timeout, dt, traffic_port
        self._before: Any = None  # the server's settings as we found them
        self._connected, self._town = False, ""
        self.client: Any = None
        self.world: Any = None
        self.map: Any = None
        self.manager: Any = None
        self._casts: list[Cast] = []

    def open(self, name: str) -> Town | None:
        """Connect, and load a town if it isn't loaded already.

        Returns:
            The town, if it's one of ours; None for CARLA's own.

        Raises:
            TownError: There is no such town.
            SimulatorError: No server answers.
            RuntimeError: The server fails.
        """
        self._connect()
        self.clear()
        ours = town(name) if _is_ours(name) else None
        if name != self._town:
            self._restore()  # a town can't be changed while the server waits for ticks
            self._town = ""
            self.world = self._load(name, ours)
            self.map = self.world.get_map()
            self._town = name
        if self._before is None:
            self._take_over()
        return ours

    def seed(self, seed: int) -> None:
        """Set the seeds of the server's traffic."""
        self.manager.set_random_device_seed(seed)
        self.world.set_pedestrians_seed(seed)

    def cast(self, rng: random.Random) -> Cast:
        """Those who will be spawned from now on, until `clear` takes them off."""
        cast = Cast(self._carla, self.world, self.manager, rng)
        self._casts.append(cast)
        return cast

    def tick(self) -> None:
        """Let the world advance by a step."""
        self.world.tick(self._timeout)

    def clear(self) -> None:
        """Take off everyone whom we have spawned; whoever can't be is tried again next time."""
        for cast in self._casts[:]:
            if cast.leave() == 0:
                self._casts.remove(cast)

    def forget(self) -> None:
        """After a failure: connect, and load the town, anew next time."""
        self._connected, self._town = False, ""

    def close(self) -> None:
        """Put the server back as we found it. Closing twice is harmless."""
        try:
            self.clear()
        finally:
            with contextlib.suppress(RuntimeError):  # it's gone
                self._restore()
            self._town = ""

    def _connect(self) -> None:
        if self._connected:
            return
        try:
            if self.client is None:
                self.client = self._carla.Client(self._host, self._port)
            self.client.set_timeout(self._timeout)
            self.world = self.client.get_world()
        except RuntimeError as error:
            raise SimulatorError(
                f"no CARLA server answers at {self._host}:{self._port} ({error}). Start one:  "
                "./CarlaUE4.sh -RenderOffScreen  ; or drive in SUMO, which needs none."
            ) from error
        ours, theirs = self.client.get_client_version(), self.client.get_server_version()
        if ours.split(".")[:2] != theirs.split(".")[:2]:
            raise SimulatorError(
                f"the server is CARLA {theirs}, and the client {ours}:  pip install carla=={theirs}"
            )
        self._connected = True

    def _load(self, name: str, ours: Town | None) -> Any:
        if ours is not None:
            parameters = self._carla.OpendriveGenerationParameters(
                wall_height=0.0,  # who leaves the road shall be seen to
                enable_pedestrian_navigation=True,
            )
            text = for_carla(ours.opendrive, ours.network)
            return self.client.generate_opendrive_world(text, parameters)
        known = [path.rpartition("/")[2] for path in self.client.get_available_maps()]
        if name not in known:
            near = difflib.get_close_matches(name, [*known, *Manifest.read().towns], n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise TownError(
                f"there is no town {name!r}, neither on the server nor of ours.{hint} The server "
                f"has {', '.join(sorted(known))}."
            )
        return self.client.load_world(name)

    def _take_over(self) -> None:
        """Nothing moves on the server from now on, but by our ticks."""
        self._before = self.world.get_settings()
        settings = self.world.get_settings()
        settings.synchronous_mode = True
        settings.fixed_delta_seconds = self._dt
        self.world.apply_settings(settings)
        self.manager = self.client.get_trafficmanager(self._traffic_port)
        self.manager.set_synchronous_mode(True)
        self.manager.set_global_distance_to_leading_vehicle(_GAP)

    def _restore(self) -> None:
        """Give the server back its own clock."""
        before, self._before = self._before, None
        if before is None:
            return
        try:
            if self.manager is not None:
                self.manager.set_synchronous_mode(False)
        finally:
            self.world.apply_settings(before)


def _is_ours(name: str) -> bool:
    return name in Manifest.read().towns or name.endswith(
        (".net.xml", ".net.xml.gz", ".net.xml.xz")
    )
