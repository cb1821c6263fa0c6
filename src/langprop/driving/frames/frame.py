"""Frame: a moment of a drive that was recorded, with what the expert would have done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from langprop.driving.observation import Observation

LEVELS = ("STOP", "SLOW", "MOVE")
"""Speed levels, from the slowest."""

_SLACK = 0.25  # m/s that a policy may be slower than the expert would be, without speeding up


class Answer(NamedTuple):
    """What a policy answers.

    Attributes:
        level: "MOVE", "SLOW" or "STOP".
        angle: How far to turn, positive to the right [degrees].
    """

    level: str
    angle: float


@dataclass(frozen=True)
class Frame:
    """A moment of a drive that was recorded.

    Attributes:
        observation: What was to be seen.
        expert: What the expert would have done, the level as it said it.
        driver: What the driver did; where its script failed, what it fell back on.
        failure: How the driver's script failed; "" if it didn't.
        infraction: Kind of the infraction that followed within the look-ahead; "" if none did.
        message: The infraction in words.
        ahead: Time until the infraction [s]; 0 if none followed.
        task: Name of the route.
        seed: Of the reset.
        expert_speed: Speed that the expert would have driven at [m/s]; None if the level's own.
    """

    observation: Observation
    expert: Answer
    driver: Answer
    failure: str = ""
    infraction: str = ""
    message: str = ""
    ahead: float = 0.0
    task: str = ""
    seed: int = 0
    expert_speed: float | None = None

    @property
    def wanted(self) -> Answer:
        """What the expert would have done if it had only the three speeds of a policy.

        Where it would drive at a speed between them (its SLOW), a policy gets there with MOVE if it
        is slower, and with SLOW, the brake, if it is faster.
        """
        speed = self.expert_speed
        if self.expert.level == "SLOW" and speed is not None:
            slower = self.observation.ego.speed < speed - _SLACK
            return Answer("MOVE" if slower else "SLOW", self.expert.angle)
        return self.expert

    @property
    def agrees(self) -> bool:
        """Whether the driver did what the expert would have done, in its speeds or its own."""
        return same(self.driver, self.wanted) or same(self.driver, self.expert)


MAX_ANGLE = 10.0
"""Angles that differ by no more are the same [degrees] (Ishida et al. 2024)."""


def same(one: Any, other: Any) -> bool:
    """Whether two answers are the same decision: the level, and the angle within `MAX_ANGLE`."""
    return bool(one[0] == other[0]) and turned(one[1], other[1]) <= MAX_ANGLE


def turned(one: float, other: float) -> float:
    """Angle between two directions, which repeat after 360 degrees, in [0, 180]."""
    return abs((one - other + 180.0) % 360.0 - 180.0)
