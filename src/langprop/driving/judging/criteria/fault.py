"""Fault: whether a careful driver in the vehicle's place would have avoided a contact.

A contact is **not** the vehicle's fault if one of these holds:

- `standing`: the vehicle was slower than 0.3 m/s. Who stands can't get out of the way. That is no
  excuse for one who put itself there: who stands in a lane of the other direction, or who came to a
  stand less than 1 s ago and across the course that the other one was on. The rules below hold for
  them as for those who drive. Who stopped short of the other one's course, or was in it for longer
  than that and could be seen there, stands.
- `from behind`: the other one came from behind: its centre was behind the vehicle's rear axle, it
  faced the same way (within 60 degrees) and was the faster one along that direction.
- `too late`: it came into view so late that a driver who reacts within 1 s and brakes at 8 m/s²
  couldn't have stopped any more.
- `into the side`: it ran into the vehicle's side or rear, and a driver could not foresee it: had it
  kept the course and speed that it had before the time to react and to brake began, it would have
  missed the vehicle.

All else is the vehicle's fault: whatever its front hits, those it brushes against while they stand,
those whose straight course it drives into.

A contact with the same one within 5 s of the first is the same contact, as it is for the
leaderboard, and keeps its verdict, unless the vehicle drives on into it: with its front, and at
1 m/s or more. Then it is judged anew; who stood at the first contact is at fault.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from langprop.driving.box import Box, Pose, wrap
from langprop.driving.judging.criteria.sight import MEMORY, Seen

Verdict = Literal["fault", "standing", "from behind", "too late", "into the side"]

STANDING = 0.3
"""Who is slower stands [m/s]."""

DRIVES_ON = 1.0
"""Who was hit and moves off slower than that doesn't drive on into the other one [m/s]."""

REACTION = 1.0
"""Time of a careful driver to react [s]."""

BRAKING = 8.0
"""What the vehicle can brake at [m/s²]."""

_REAR = -0.3  # of the length from the centre: behind it is the rear axle
_FRONT = 0.6  # m behind the front bumper that are the front
_SAME_WAY = math.radians(60)
_MARGIN = 0.4  # m by which someone who keeps its course must have missed the vehicle


def judge(
    ego: Box, other: Box, track: Sequence[Seen], *, whole: bool, astray: bool = False
) -> Verdict:
    """Whose fault the beginning of a contact is.

    Args:
        ego: The vehicle.
        other: Who it touches.
        track: The other one as it was seen, the newest first.
        whole: Whether the track reaches back to when the other one came into view.
        astray: Whether the vehicle is in a lane of the other direction.
    """
    if ego.speed < STANDING and not astray and not _got_in_the_way(ego, track):
        return "standing"
    forward, _ = offset(ego, other)
    turn = abs(wrap(other.pose.yaw - ego.pose.yaw))
    if (
        forward < _REAR * 2 * ego.half_length
        and turn < _SAME_WAY
        and other.speed * math.cos(turn) > ego.speed
    ):
        return "from behind"
    time = REACTION + max(ego.speed, track[-1].ego.speed if track else 0.0) / BRAKING
    if whole and track and track[-1].ago < min(time, MEMORY):
        return "too late"
    if not hits_with_front(ego, other) and other.speed > STANDING:
        then = next((seen for seen in track if seen.ago >= time), None)
        if then is not None and not _later(then.other, then.ago).overlaps(_wider(ego)):
            return "into the side"
    return "fault"


def hits_with_front(ego: Box, other: Box) -> bool:
    """Whether the other one reaches in front of the vehicle's flanks and rear."""
    nose = ego.half_length - _FRONT / 2
    c, s = math.cos(ego.pose.yaw), math.sin(ego.pose.yaw)
    pose = Pose(ego.pose.x + c * nose, ego.pose.y + s * nose, ego.pose.yaw)
    return replace(ego, pose=pose, half_length=_FRONT / 2).overlaps(other)


def offset(ego: Box, other: Box) -> tuple[float, float]:
    """Where the other one's centre is, seen from the vehicle's: forward and to the right [m]."""
    dx, dy = other.pose.x - ego.pose.x, other.pose.y - ego.pose.y
    c, s = math.cos(ego.pose.yaw), math.sin(ego.pose.yaw)
    return dx * c + dy * s, dy * c - dx * s


def _got_in_the_way(ego: Box, track: Sequence[Seen]) -> bool:
    """Whether the vehicle, which stands, came to a stand just now across the other one's course."""
    if not any(seen.ego.speed >= STANDING for seen in track if seen.ago < REACTION):
        return False
    then = next((seen for seen in track if seen.ago >= REACTION), None)
    if then is None or then.other.speed < STANDING:
        return False
    course = _later(then.other, then.ago)
    return course.overlaps(_wider(ego)) and not course.overlaps(then.ego)


def _later(box: Box, seconds: float) -> Box:
    """Where a box is after a time, if it keeps its course and speed."""
    x, y, yaw = box.pose
    way = box.speed * seconds
    return replace(box, pose=Pose(x + math.cos(yaw) * way, y + math.sin(yaw) * way, yaw))


def _wider(box: Box) -> Box:
    return replace(box, half_length=box.half_length + _MARGIN, half_width=box.half_width + _MARGIN)
