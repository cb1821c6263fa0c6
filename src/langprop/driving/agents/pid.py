"""PID controllers: from a decision to pedals and wheel."""

from __future__ import annotations

from collections import deque

from langprop.driving.control import Control
from langprop.driving.scene import Level

SPEEDS: dict[Level, float] = {"MOVE": 6.0, "SLOW": 0.1, "STOP": 0.0}
"""Speeds that the levels stand for [m/s]. SLOW is a creep, not "slower"."""

_MOST_THROTTLE = 0.75


class PID:
    """A controller that pushes an error to 0.

    Args:
        proportional: Gain of the error.
        integral: Gain of the mean error in the window.
        derivative: Gain of the change since the last tick.
        window: Ticks; the error was 0 before the first one.

    Source: the gains of the paper's agent, which are TransFuser's.
    """

    def __init__(
        self, proportional: float, integral: float, derivative: float, window: int = 40
    ) -> None:
        self._gains = proportional, integral, derivative
        self._errors = deque([0.0] * window, maxlen=window)

    def __call__(self, error: float) -> float:
        """The output for the error of this tick."""
        proportional, integral, derivative = self._gains
        errors = self._errors
        change = error - errors[-1]
        errors.append(error)
        return proportional * error + integral * sum(errors) / len(errors) + derivative * change


class Pilot:
    """Turns decisions into pedals and wheel; of one drive, as it remembers errors."""

    def __init__(self) -> None:
        self._turn = PID(1.25, 0.75, 0.3)
        self._speed = PID(5.0, 0.5, 1.0)

    def control(
        self, level: Level, angle: float, speed: float, target_speed: float | None = None
    ) -> Control:
        """What to do in this tick.

        Args:
            level: The decision on speed.
            angle: The angle to turn by, clockwise [degrees].
            speed: Of the vehicle [m/s].
            target_speed: Instead of the level's own [m/s]; STOP always brakes.
        """
        steer = max(-1.0, min(1.0, self._turn(angle / 90)))
        target = SPEEDS[level] if target_speed is None else target_speed
        push = self._speed(target - speed)
        if level == "STOP":
            return Control(steer, 0.0, 1.0)
        return Control(steer, min(_MOST_THROTTLE, max(0.0, push)), min(1.0, max(0.0, -push)))
