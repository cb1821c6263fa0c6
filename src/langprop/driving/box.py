"""Box: an oriented rectangle on the ground, seen from above."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["vehicle", "bicycle", "pedestrian", "static"]


class Pose(NamedTuple):
    """Where something is, and which way it faces.

    Attributes:
        x: East [m].
        y: South [m].
        yaw: Clockwise from east as seen from above [rad].
    """

    x: float
    y: float
    yaw: float

    @property
    def heading(self) -> tuple[float, float]:
        """The unit vector along which it faces."""
        return math.cos(self.yaw), math.sin(self.yaw)


@dataclass(frozen=True)
class Box:
    """A road user, or another thing that one can hit.

    Attributes:
        pose: Its centre.
        half_length: Half of its length along the heading [m].
        half_width: Half of its width [m].
        speed: Along its heading [m/s].
        kind: What it is.
        id: Its name in the simulator; unique in an episode.
        number: Its number in observations; unique in an episode.
    """

    pose: Pose
    half_length: float
    half_width: float
    speed: float = 0.0
    kind: Kind = "vehicle"
    id: str = ""
    number: int = 0

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Front right, front left, rear left, rear right (in a frame whose y points south) [m]."""
        x, y, yaw = self.pose
        c, s = math.cos(yaw), math.sin(yaw)
        lx, ly = c * self.half_length, s * self.half_length
        wx, wy = -s * self.half_width, c * self.half_width
        return (
            (x + lx + wx, y + ly + wy),
            (x + lx - wx, y + ly - wy),
            (x - lx - wx, y - ly - wy),
            (x - lx + wx, y - ly + wy),
        )

    def overlaps(self, other: Box) -> bool:
        """Whether two boxes share a point (separating axis test in the plane)."""
        dx, dy = other.pose.x - self.pose.x, other.pose.y - self.pose.y
        reach = math.hypot(self.half_length, self.half_width)
        reach += math.hypot(other.half_length, other.half_width)
        if dx * dx + dy * dy > reach * reach:
            return False
        return not (_apart(self, other, dx, dy) or _apart(other, self, dx, dy))


def _apart(box: Box, other: Box, dx: float, dy: float) -> bool:
    """Whether an axis of one box separates it from another one at an offset."""
    c, s = math.cos(box.pose.yaw), math.sin(box.pose.yaw)
    turn = other.pose.yaw - box.pose.yaw
    a, b = abs(math.cos(turn)), abs(math.sin(turn))
    if abs(dx * c + dy * s) > box.half_length + a * other.half_length + b * other.half_width:
        return True
    across = abs(dy * c - dx * s)
    return across > box.half_width + b * other.half_length + a * other.half_width


def wrap(angle: float) -> float:
    """The same angle in [-pi, pi) [rad]."""
    return (angle + math.pi) % (2 * math.pi) - math.pi
