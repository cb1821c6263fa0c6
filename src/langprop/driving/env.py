"""DrivingEnv: the routes of a suite as a Gymnasium environment, `langprop/Driving-v0`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from langprop.driving.box import Box, Kind, wrap
from langprop.driving.control import Control
from langprop.driving.event import PENALTIES, Event
from langprop.driving.judging.criteria import Criteria
from langprop.driving.maps.suites import suite as suite_named
from langprop.driving.simulator import Simulator, Truth
from langprop.driving.task import RouteTask
from langprop.errors import ConfigError, MissingDependency
from langprop.numbers import whole

try:
    import gymnasium
    from gymnasium import spaces
except ModuleNotFoundError as error:
    raise MissingDependency("langprop/Driving-v0", "gym") from error

ENV_ID = "langprop/Driving-v0"

Array = NDArray[np.float32]

_KINDS: tuple[Kind, ...] = ("vehicle", "bicycle", "pedestrian", "static")
_FAR = 50.0  # what is as far as one can see [m]
_MOST = 100.0  # numbers in observations are cut to this
_EGO_SIZE, _ACTOR_SIZE = 12, 12
_GAINED = 0.1  # reward per metre of the route
_OUTSIDE = -0.1  # the same where it's driven outside of lanes, or against their direction
_BAD_ENDS = ("ROUTE_DEVIATION", "VEHICLE_BLOCKED")
_TIME = "ROUTE_TIMEOUT"


class DrivingEnv(gymnasium.Env[dict[str, Array], Array]):
    """The routes of a suite as a Gymnasium environment.

    **Observation**, a dictionary of float32 arrays, in the vehicle's own frame (x ahead, y to the
    right), what is not there being 0:

    - `"ego"`, (12,): speed; x and y of the target; whether a light that isn't green is ahead, and
      the distance to its trigger; whether it is red; whether a stop sign is ahead at which the
      vehicle hasn't stopped, and the distance to its trigger; distance from the route; sine and
      cosine of the angle to the route; metres to the goal, at most 50.
    - `"actors"`, (n_actors, 12), the nearest first: 1 if there is one; x, y; cosine and sine of its
      heading; its speed; half of its length and width; whether it is a vehicle, a bicycle, a
      pedestrian, something else.

    Metres, m/s; lights and signs are seen from 50 m.

    **Action**, (2,) in [-1, 1]: acceleration (throttle above 0, brake below) and steering (positive
    to the right).

    **Reward** of a step: 0.1 for each metre of the route gained; −0.1 for each metre of it driven
    outside of the lanes or against their direction; upon an infraction −10 × (1 − its factor in the
    leaderboard's score) (a pedestrian −5, a vehicle −4, a static object −3.5, a red light −3, a
    stop sign −2); −5 where the route ends because the vehicle left it or was blocked; +10 at the
    goal. Every contact counts, as with the leaderboard.

    **An episode** ends (terminated) at the goal, when the vehicle is more than 30 m off, or was
    blocked for 180 s; and by time (truncated) as on the leaderboard. With `end_on_infraction` the
    first infraction ends it as well. `info` has "events" (dictionaries), "route", "seed",
    "completion" [%], and at the end "driving_score", of the leaderboard.

    Args:
        suite: "training", "testing", "long", "tiny", or the path of a JSON file; see `suite`.
        routes: Numbers of its routes, from 0; None for all of them.
        n_actors: How many actors are in an observation.
        frame_skip: Simulator steps of 0.05 s per step of the environment.
        end_on_infraction: Whether the first infraction ends an episode.
        simulator: Makes a simulator; None for SUMO, in a process of its own.
        render_mode: None or "rgb_array".

    `gymnasium.make("langprop.driving.env:langprop/Driving-v0")` makes it; so does the part behind
    the colon, once this module is imported.

    `reset(seed=…)` draws the route and the seed of its traffic from the environment's generator;
    `reset(options={"route": number, "traffic": seed})` sets them.

    Raises:
        ConfigError: There are no routes, or a number makes no sense.
        TownError: There is no such suite.
        MissingDependency: Gymnasium or libsumo isn't installed.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - as Gymnasium declares it
        "render_modes": ["rgb_array"],
        "render_fps": 20,
    }

    def __init__(
        self,
        suite: str | Sequence[RouteTask] = "training",
        *,
        routes: Sequence[int] | None = None,
        n_actors: int = 8,
        frame_skip: int = 1,
        end_on_infraction: bool = False,
        simulator: Callable[[], Simulator] | None = None,
        render_mode: str | None = None,
    ) -> None:
        tasks = tuple(suite_named(suite) if isinstance(suite, str) else suite)
        self.tasks = tasks if routes is None else _picked(tasks, routes)
        if not self.tasks:
            raise ConfigError("the environment needs at least one route, but the suite has none.")
        n_actors, frame_skip = whole("n_actors", n_actors), whole("frame_skip", frame_skip)
        if render_mode not in (None, "rgb_array"):
            raise ConfigError(f'render_mode is None or "rgb_array", but got {render_mode!r}.')
        self.render_mode = render_mode
        self._n_actors, self._skip = n_actors, frame_skip
        self._end_on_infraction = end_on_infraction
        self.simulator = _sumo() if simulator is None else simulator()
        self.metadata = {**self.metadata, "render_fps": 20 / frame_skip}
        self.action_space = spaces.Box(-1.0, 1.0, (2,), np.float32)
        self.observation_space: Any = spaces.Dict(
            {
                "ego": spaces.Box(-_MOST, _MOST, (_EGO_SIZE,), np.float32),
                "actors": spaces.Box(-_MOST, _MOST, (n_actors, _ACTOR_SIZE), np.float32),
            }
        )
        self._truth: Truth | None = None
        self._criteria: Criteria | None = None
        self._over = False
        self._info: dict[str, Any] = {}
        self._renderers: dict[str, Any] = {}

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Array], dict[str, Any]]:
        """Begin a route.

        Raises:
            ConfigError: An option makes no sense.
            SimulatorError: The simulator can't start, or died.
        """
        super().reset(seed=seed)
        # Drawn in any case, so that options don't change what comes after.
        drawn = int(self.np_random.integers(len(self.tasks))), int(self.np_random.integers(2**31))
        number, traffic = _chosen(options, drawn, len(self.tasks))
        task = self.tasks[number]
        self._over = True  # until there is something to drive
        self.simulator.reset(task, traffic)
        self._truth = self.simulator.truth()
        self._criteria = Criteria(self._truth.route)
        self._over = False
        self._town = task.town
        self._info = {"route": task.name, "seed": traffic}
        return self._seen(self._truth), {**self._info, "events": [], "completion": 0.0}

    def step(self, action: Array) -> tuple[dict[str, Array], float, bool, bool, dict[str, Any]]:
        """Drive for a step.

        Raises:
            ValueError: The action has no two finite numbers.
            SimulatorError: The simulator died.
            gymnasium.error.ResetNeeded: The episode is over, or none was begun.
        """
        criteria, truth = self._criteria, self._truth
        if criteria is None or truth is None or self._over:
            raise gymnasium.error.ResetNeeded("call reset() before the first step of an episode.")
        pedal, steer = np.asarray(action, dtype=np.float64).reshape(2).tolist()
        if not (math.isfinite(pedal) and math.isfinite(steer)):
            raise ValueError(f"an action is two finite numbers, but got {action!r}.")
        control = Control(steer, max(0.0, pedal), max(0.0, -pedal))
        before, outside = truth.observation.route_position, _outside(criteria)
        events: list[Event] = []
        for _ in range(self._skip):
            self.simulator.step(control)
            truth = self.simulator.truth()
            events += criteria.update(truth)
            for name in criteria.leaving(truth.observation.time):
                self.simulator.remove(name)
            if criteria.done:
                break
        self._truth = truth
        gained = truth.observation.route_position - before
        reward = _GAINED * gained + _OUTSIDE * (_outside(criteria) - outside)
        reward += sum(map(_worth, events))
        ends = [event.kind for event in events if event.ends]
        truncated = _TIME in ends
        terminated = bool(ends) and not truncated
        if self._end_on_infraction and any(event.kind in PENALTIES for event in events):
            terminated = True
        info = {
            **self._info,
            "events": [event.to_dict() for event in events],
            "completion": criteria.completion,
        }
        self._over = terminated or truncated
        if self._over:
            info["driving_score"] = criteria.score("strict").driving
        return self._seen(truth), float(reward), terminated, truncated, info

    def render(self) -> NDArray[np.uint8] | None:
        """What it looks like from above; None without `render_mode`."""
        if self.render_mode is None:
            return None
        if self._truth is None:
            raise gymnasium.error.ResetNeeded("call reset() before render().")
        from langprop.driving.maps.towns import town
        from langprop.driving.pictures.render import Renderer

        if self._town not in self._renderers:
            self._renderers = {self._town: Renderer(town(self._town).network)}
        picture: NDArray[np.uint8] = self._renderers[self._town].frame(self._truth)
        return picture

    def close(self) -> None:
        """End the simulator. Closing twice is harmless."""
        self._truth = self._criteria = None
        self.simulator.close()

    def _seen(self, truth: Truth) -> dict[str, Array]:
        seen = truth.observation
        x, y, yaw = seen.ego.pose
        c, s = math.cos(yaw), math.sin(yaw)

        def own(east: float, south: float) -> tuple[float, float]:
            return c * east + s * south, c * south - s * east

        signals = seen.signals
        u, v = truth.route.directions[truth.index].tolist()
        turn = wrap(math.atan2(v, u) - yaw)
        red = signals.red_light is not None
        state = truth.lights[signals.light_id] if signals.light_id is not None else "off"
        stop = signals.stop_sign is not None and not signals.stop_completed
        ego = (
            min(_MOST, seen.ego.speed),
            *(_cut(each) for each in own(seen.target[0] - x, seen.target[1] - y)),
            float(red),
            signals.red_light or 0.0,
            float(state == "red"),
            float(stop),
            (signals.stop_sign or 0.0) if stop else 0.0,
            min(_FAR, truth.off_route),
            math.sin(turn),
            math.cos(turn),
            min(_FAR, seen.route_length - seen.route_position),
        )
        actors = np.zeros((self._n_actors, _ACTOR_SIZE), dtype=np.float32)
        near = sorted(seen.actors, key=lambda box: _square(box, x, y))[: self._n_actors]
        for row, box in zip(actors, near, strict=False):
            heading = own(*box.pose.heading)
            place = own(box.pose.x - x, box.pose.y - y)
            size = (box.half_length, box.half_width)
            kind = (float(box.kind == each) for each in _KINDS)
            row[:] = (1.0, *place, *heading, box.speed, *size, *kind)
        return {"ego": np.array(ego, dtype=np.float32), "actors": actors}


def _cut(number: float) -> float:
    return max(-_MOST, min(_MOST, number))


def _square(box: Box, x: float, y: float) -> float:
    return (box.pose.x - x) ** 2 + (box.pose.y - y) ** 2


def _outside(criteria: Criteria) -> float:
    """Metres of the route so far that don't count in the leaderboard's score."""
    return criteria.outside * criteria.driven


def _worth(event: Event) -> float:
    """Reward of an event."""
    if event.kind == "ROUTE_COMPLETION":
        return 10.0
    if event.kind in _BAD_ENDS:
        return -5.0
    return -10.0 * (1.0 - PENALTIES[event.kind]) if event.kind in PENALTIES else 0.0


def _chosen(options: Any, drawn: tuple[int, int], routes: int) -> tuple[int, int]:
    """The number of a route and the seed of its traffic; what options don't say, as was drawn."""
    known = dict(zip(("route", "traffic"), drawn, strict=True))
    try:
        given = {**known, **(options or {})}
        number, traffic = (whole(name, given[name], 0) for name in known)
        if number < routes and given.keys() == known.keys():
            return number, traffic
    except (TypeError, ConfigError):  # TypeError: no mapping
        pass
    raise ConfigError(
        f'options are "route", a number from 0 to {routes - 1}, and "traffic", a seed, which is a '
        f"whole number, 0 or more; but got {options!r}."
    )


def _picked(tasks: Sequence[RouteTask], routes: Sequence[int]) -> tuple[RouteTask, ...]:
    try:
        return tuple(tasks[whole("a route", number, 0)] for number in routes)
    except (TypeError, IndexError, ConfigError) as error:  # TypeError: no sequence
        raise ConfigError(
            f"routes are a list of numbers from 0 to {len(tasks) - 1} in this suite, but got "
            f"{routes!r}."
        ) from error


def _sumo() -> Simulator:
    from langprop.driving.sumo.simulator import SumoSimulator

    return SumoSimulator()


def register() -> None:
    """Make `gymnasium.make("langprop/Driving-v0")` work; importing this module does it."""
    if ENV_ID not in gymnasium.registry:
        gymnasium.register(ENV_ID, entry_point="langprop.driving.env:DrivingEnv")


register()
