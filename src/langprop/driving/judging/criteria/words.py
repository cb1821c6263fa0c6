"""Words: a contact as whoever improves a policy wants to read it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from langprop.driving.box import Box
from langprop.driving.judging.criteria.fault import Verdict, offset
from langprop.driving.judging.criteria.sight import MEMORY, Seen

_MOVING = 0.3  # m/s

_EXCUSES: dict[Verdict, str] = {
    "standing": "the vehicle stood",
    "from behind": "it came from behind",
    "too late": "it came into view too late to brake",
    "into the side": "it ran into the vehicle's side, which couldn't be foreseen",
}


def collision(ego: Box, other: Box, track: Sequence[Seen], verdict: Verdict) -> str:
    """A contact in words.

    Args:
        ego: The vehicle.
        other: Who it touches.
        track: The other one as it was seen, the newest first.
        verdict: Whose fault it is.
    """
    who = f"{other.kind} {other.number}"
    if verdict == "fault":
        said = f"ran into {who} at {ego.speed:.1f} m/s"
    else:
        said = f"was touched by {who} at {ego.speed:.1f} m/s (not at fault: {_EXCUSES[verdict]})"
    parts = [said]
    if other.kind != "static":
        parts.append(f"which {_motion(ego, other)}")
    if len(track) > 1:
        first = track[-1]
        since = f"{first.ago:.1f} s" if first.ago < MEMORY - 0.1 else f"{MEMORY:g} s or longer"
        parts.append(f"and had been in view for {since}")
    for ago in (2.0, 1.0):
        seen = next((each for each in track if each.ago >= ago - 1e-6), None)
        if seen is not None:
            parts.append(f"{ago:g} s before it was {_place(seen)}")
    return f"{parts[0]}, " + "; ".join([" ".join(parts[1:3]), *parts[3:]]) if parts[1:] else said


def _motion(ego: Box, other: Box) -> str:
    if other.speed < _MOVING:
        return "stood"
    turn = math.degrees(other.pose.yaw - ego.pose.yaw) % 360
    if turn < 45 or turn >= 315:
        way = "the same way"
    elif turn < 135:
        way = "from left to right"
    elif turn < 225:
        way = "the opposite way"
    else:
        way = "from right to left"
    verb = "walked" if other.kind == "pedestrian" else "drove"
    return f"{verb} {way} at {other.speed:.1f} m/s"


def _place(seen: Seen) -> str:
    """Where the other one was, seen from the vehicle."""
    forward, right = offset(seen.ego, seen.other)
    along = f"{abs(forward):.1f} m {'ahead' if forward >= 0 else 'behind'}"
    across = f"{abs(right):.1f} m to the {'right' if right >= 0 else 'left'}"
    speed = f"at {seen.other.speed:.1f} m/s" if seen.other.speed >= _MOVING else "standing"
    return f"{along} and {across} ({speed}; the vehicle drove {seen.ego.speed:.1f} m/s)"
