"""CarlaSimulator: a CARLA server with our vehicle in it."""

from __future__ import annotations

import contextlib
import math
import queue
import random
import weakref
from collections.abc import Iterator
from typing import Any

from langprop.closing import Closing
from langprop.driving.box import Box, Pose
from langprop.driving.carla import library
from langprop.driving.carla.cast import places_for_vehicles
from langprop.driving.carla.convert import box_of, control_of, light_of
from langprop.driving.carla.lanes import CarlaLanes
from langprop.driving.carla.planning import Planner
from langprop.driving.carla.session import Session
from langprop.driving.control import Control
from langprop.driving.maps.opendrive import signal
from langprop.driving.maps.routing import plan_route
from langprop.driving.maps.towns import Town
from langprop.driving.observation import LightState, Observation
from langprop.driving.route import Route
from langprop.driving.simulator import Truth
from langprop.driving.task import RouteTask
from langprop.driving.tracking import Tracker
from langprop.errors import SimulatorError

_VIEW = 50.0  # how far actors are seen [m]
_SETTLE = 20  # ticks until the vehicles stand on the road
_BRAKES = Control(brake=1.0)

# What one drives on isn't hit. (Spelled as in the names of types.)
_GROUND = ("road", "roadline", "sidewalk", "ground", "terrain")


class CarlaSimulator(Closing):
    """A CARLA server with our vehicle in it.

    It connects upon the first reset, switches the server to synchronous mode, and puts everything
    back when it's closed: who was spawned, the mode, the traffic manager. Use it in a `with` block.

    The scripted hazards of a task aren't played: CARLA's own traffic is what there is. Episodes
    repeat only as far as the server's physics does.

    In our towns, the route is the same as in SUMO. In CARLA's own, such as "Town01", a task's
    `edges` are places "x,y" to drive through.

    Args:
        host: Where the server is.
        port: Where it listens; the next two ports are used as well.
        timeout: How long to wait for an answer; loading a town takes long [s].
        dt: Seconds per step, at most 0.1.
        traffic_port: Where the traffic manager listens.
        client: A `carla.Client` to use instead of making one.

    Attributes:
        dt: Seconds per step.
        missing: How many of the traffic there was no room for on the present route.
        unlit: Lights on the present route that the server doesn't have; they count as "off".

    Raises:
        MissingDependency: CARLA's client isn't installed.
        SimulatorError: It can't be loaded, or `dt` is too long for CARLA's physics.
    """

    def __init__(
        self,
        host: str = "localhost",
        port: int = 2000,
        *,
        timeout: float = 60.0,
        dt: float = 0.05,
        traffic_port: int = 8000,
        client: Any = None,
    ) -> None:
        if not 0.0 < dt <= 0.1:
            raise SimulatorError(f"dt must be more than 0 and at most 0.1 s, but got {dt}.")
        self._carla = library.load()
        self._session = Session(
            self._carla, host, port, timeout=timeout, dt=dt, traffic_port=traffic_port
        )
        self._session.client = client
        # A server that is left in synchronous mode waits for ticks for ever.
        self._finish = weakref.finalize(self, self._session.close)
        self.dt = dt
        self._closed = False
        self.missing = 0
        self.unlit: tuple[str, ...] = ()
        self._tracker: Tracker | None = None

    def reset(self, task: RouteTask, seed: int) -> Observation:
        """Begin a route.

        Raises:
            SimulatorError: No server answers, or it fails.
            TownError: The town or the route doesn't exist, or leads nowhere.
        """
        if self._closed:
            raise SimulatorError("this simulator was closed; make a new one.")
        self._tracker = None
        session = self._session
        with self._in_words(f"can't begin {task.name!r}"):
            ours = session.open(task.town)
            self._lanes = CarlaLanes(self._carla, session.map)
            route = self._plan(task, ours)
            self._enter(task, route, random.Random(f"carla {task.traffic_seed} {seed}"))  # noqa: S311
            self._signals = self._find_lights(route, ours)
            self._tracker = Tracker(route)
            self._tick = 0
            self._look()
        return self._observation

    def observe(self) -> Observation:
        """What is to be seen now."""
        self._check()
        return self._observation

    def step(self, control: Control) -> Observation:
        """Drive for `dt`.

        Raises:
            ValueError: A number of the control isn't finite.
            SimulatorError: The server failed, or nothing was begun.
        """
        self._check()
        order = control_of(self._carla, control)
        with self._in_words(f"failed in tick {self._tick + 1}"):
            self._cast.ego.apply_control(order)
            self._session.tick()
            self._tick += 1
            self._look()
        return self._observation

    def truth(self) -> Truth:
        """What else is known now."""
        tracker = self._check()
        x, y, yaw = self._observation.ego.pose
        return Truth(
            self._observation,
            tracker.route,
            tracker.index,
            tracker.off_route,
            self._lights,
            self._lanes.fix(x, y, yaw, self._height),
            frozenset(tracker.completed),
            self._hits,
        )

    def remove(self, actor: str) -> None:
        """Take an actor off the road; only those whom we have spawned."""
        self._check()
        self._cast.remove(actor)

    def close(self) -> None:
        """Take off all that was spawned, and put the server back. Closing twice is harmless."""
        self._tracker, self._closed = None, True
        self._session.close()
        self._finish.detach()

    def _check(self) -> Tracker:
        if self._tracker is None:
            raise SimulatorError(
                "this simulator was closed; make a new one."
                if self._closed
                else "nothing was begun: call reset(task, seed) first."
            )
        return self._tracker

    def _plan(self, task: RouteTask, ours: Town | None) -> Route:
        if ours is not None:
            return plan_route(ours.network, task)
        return Planner(self._carla, self._session.map).plan(task)

    def _enter(self, task: RouteTask, route: Route, rng: random.Random) -> None:
        """Spawn everyone, and let the vehicles come to rest."""
        (x, y), (u, v) = route.points[0].tolist(), route.directions[0].tolist()
        start = Pose(x, y, math.atan2(v, u))
        session = self._session
        session.seed(rng.getrandbits(31))
        cast = self._cast = session.cast(rng)
        road = session.map.get_waypoint(self._carla.Location(x=x, y=y, z=0.0))
        cast.enter(start, road.transform.location.z if road is not None else 0.0)
        cast.fill(task.traffic, start, places_for_vehicles(self._carla, session.map))
        session.tick()
        cast.begin()
        for _ in range(_SETTLE):
            cast.ego.apply_control(control_of(self._carla, _BRAKES))
            session.tick()
        events: queue.SimpleQueue[Any] = queue.SimpleQueue()  # sensors call from other threads
        cast.listen(events.put)
        self._events = events
        self.missing = cast.missing

    def _find_lights(self, route: Route, ours: Town | None) -> list[Any]:
        """The server's light at each stop line; None for signs."""
        found: list[Any] = []
        unlit: list[str] = []
        for line in route.stop_lines:
            light = None
            if line.kind == "light":
                name = signal(line) if ours is not None else line.light
                light = self._session.world.get_traffic_light_from_opendrive_id(name)
                if light is None:
                    unlit.append(name)
            found.append(light)
        self.unlit = tuple(unlit)
        return found

    def _look(self) -> None:
        """What there is to see after a step."""
        tracker, ego = self._check(), self._cast.ego
        box = box_of(ego)
        self._height = ego.get_transform().location.z
        self._lights: tuple[LightState, ...] = tuple(
            "off" if light is None else light_of(self._carla, light.get_state())
            for light in self._signals
        )
        tracker.update(box.pose.x, box.pose.y, abs(box.speed))
        self._hits = frozenset(self._collisions())
        self._observation = Observation(
            self._tick,
            self._tick * self.dt,
            box,
            tracker.target,
            tracker.signals(self._lights),
            self._others(box),
            tracker.position,
            tracker.route.length,
        )

    def _others(self, ego: Box) -> tuple[Box, ...]:
        """Everyone in view, also those whom somebody else has spawned."""
        actors = self._session.world.get_actors()
        found: list[Box] = []
        for actor in (*actors.filter("vehicle.*"), *actors.filter("walker.*")):
            if str(actor.id) == ego.id:
                continue
            box = box_of(actor)
            if math.hypot(box.pose.x - ego.pose.x, box.pose.y - ego.pose.y) <= _VIEW:
                found.append(box)
        return tuple(sorted(found, key=lambda box: box.number))

    def _collisions(self) -> Iterator[str]:
        """Whom the ego has hit since the last step."""
        with contextlib.suppress(queue.Empty):
            while True:
                other = self._events.get_nowait().other_actor
                kind = other.type_id
                if kind.startswith(("vehicle.", "walker.")):
                    yield str(other.id)
                elif not (kind.startswith("static.") and kind.endswith(_GROUND)):
                    yield f"{kind}:{other.id}"

    @contextlib.contextmanager
    def _in_words(self, what: str) -> Iterator[None]:
        """Turn CARLA's errors into ours; upon any error, nobody stays behind."""
        try:
            yield
        except RuntimeError as error:
            self._tracker = None
            self._session.clear()
            if isinstance(error, SimulatorError):
                raise
            self._session.forget()
            raise SimulatorError(f"CARLA {what}: {error}") from error
        except BaseException:
            self._tracker = None
            self._session.clear()
            raise
