"""ExpertAgent: drives by the simulator's truth; who policies learn from."""

from __future__ import annotations

import math

from langprop.driving.agents.agent import Agent, Decision
from langprop.driving.agents.outlook import Outlook
from langprop.driving.agents.pid import SPEEDS
from langprop.driving.box import Box, wrap
from langprop.driving.observation import Observation
from langprop.driving.route import Route
from langprop.driving.scene import Level
from langprop.driving.simulator import Truth

_CRUISE = SPEEDS["MOVE"]  # m/s
_COMFORT = 3.5  # m/s² of planned braking at lines
_HARD = 6.0  # m/s² that it would brake at for a yellow light
_BEFORE_LINE = 0.6  # m between the front and a line
_BEYOND = 1.4  # m that the centre may be beyond a red light's line, and wait for green there
_FULL = 7.0  # m/s² of the brakes
_STOP, _SLOW = 0.3, 5.5  # m/s: slower targets are STOP, and SLOW
_EMERGENCY = 2.0  # m/s too fast, where it brakes as hard as it can
_LEAST = 1.0  # m/s of a slow target, so that it moves on


class ExpertAgent(Agent):
    """A driver who knows all: the route, the lights and where everybody is.

    It follows the route at the speed of MOVE, brakes for red lights and stop signs, keeps a gap in
    which it can stop to whoever is ahead on the route (Gipps 1981), and gives way to whoever would
    be where it will be, if they kept their speed and turned on as they do. Its SLOW has a speed of
    its own, from 1 m/s on.

    Args:
        name: For tables.
    """

    def __init__(self, name: str = "expert") -> None:
        self.name = name
        self._route: Route | None = None
        self._outlook: Outlook | None = None

    def reset(self) -> None:
        """Forget the route."""
        self._route = self._outlook = None

    def act(self, observation: Observation, truth: Truth) -> Decision:
        """Decide."""
        outlook = self._outlook
        if outlook is None or self._route is not truth.route:
            outlook = self._outlook = Outlook(truth.route)
            self._route = truth.route
        ego = observation.ego
        target = min(_CRUISE, _at_lines(truth), outlook.speed(observation, truth.index))
        level: Level = "MOVE"
        if target < _STOP or target < ego.speed - _EMERGENCY:
            level, target = "STOP", 0.0
        elif target < _SLOW:
            level, target = "SLOW", max(_LEAST, target)
        return Decision(level, aim(observation), target)


def aim(observation: Observation) -> float:
    """Angle from where the vehicle faces to its target, clockwise [degrees]."""
    x, y, yaw = observation.ego.pose
    dx, dy = observation.target[0] - x, observation.target[1] - y
    return math.degrees(wrap(math.atan2(dy, dx) - yaw))


def _at_lines(truth: Truth) -> float:
    """The speed that the next lights and signs allow [m/s]."""
    ego, position = truth.observation.ego, truth.observation.route_position
    allowed = math.inf
    for number, line in enumerate(truth.route.stop_lines):
        away = line.position - position  # of the centre
        if away > 25:
            break
        if away < -2:
            continue
        gap = away - ego.half_length - _BEFORE_LINE
        if line.kind == "stop":
            if number in truth.completed_stops:
                continue
        elif not _must_stop(truth.lights[number], ego, away, gap):
            continue
        allowed = min(allowed, math.sqrt(2 * _COMFORT * max(0.0, gap)))
    return allowed


def _must_stop(light: str, ego: Box, away: float, gap: float) -> bool:
    if light == "red":
        return away + _BEYOND > ego.speed**2 / (2 * _FULL)
    # Half a metre beyond the line will do: who has stopped there for yellow doesn't start again.
    return light == "yellow" and ego.speed**2 / (2 * _HARD) <= gap + _BEFORE_LINE + 0.5
