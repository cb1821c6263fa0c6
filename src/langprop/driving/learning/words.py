"""Words: the situation that an observation shows, for whoever writes policies."""

from __future__ import annotations

import math

from langprop.driving.box import Box, wrap
from langprop.driving.observation import Observation

_AHEAD = 30.0  # how far ahead others are told of [m]
_BESIDE = 2.0  # who is farther than that from the vehicle's side is beside its way [m]
_WALKERS = 6.0  # pedestrians are told of up to here from the middle of the way [m]
_MOST = 4  # of each kind that are told of
_NEAR = 20.0  # who is in the table [m]
_ROWS = 10  # of it
_NEXT = 12.0  # a vehicle or pedestrian that is to be reckoned with is nearer to the front [m]
_SOON = 2.0  # s in which a pedestrian who walks there is in the way
_STANDING = 0.1  # who is slower stands [m/s]

NOTHING = "nothing"
THERE = (
    "light",
    "stop sign",
    "pedestrian in the way",
    "pedestrian near",
    "vehicle in the way",
    "vehicle beside the way",
    NOTHING,
)
"""Kinds of what is to be reckoned with, as `there` names them."""


def describe(observation: Observation) -> str:
    """The situation in words: own speed, signals, who is ahead, who may step in the way.

    "Ahead" and "to the right" are measured from the vehicle's centre along its heading; gaps are
    from its front.

    Args:
        observation: What is to be seen.

    Returns:
        A few lines.
    """
    ego = observation.ego
    x, y, yaw = ego.pose
    target_x, target_y = observation.target
    angle = math.degrees(wrap(math.atan2(target_y - y, target_x - x) - yaw))
    turn = f"{abs(angle):.0f}° to the {'right' if angle > 0 else 'left'}"
    lines = [
        f"It drives at {ego.speed:.1f} m/s; the target is "
        f"{'straight ahead' if abs(angle) < 1 else turn}."
    ]
    signals = observation.signals
    if signals.red_light is not None:
        lines.append(f"A light that isn't green is {signals.red_light:.1f} m ahead.")
    if signals.stop_sign is not None:
        done = ", for which it has stopped already" if signals.stop_completed else ""
        lines.append(f"A stop sign is {signals.stop_sign:.1f} m ahead{done}.")
    c, s = math.cos(yaw), math.sin(yaw)
    vehicles: list[tuple[float, str]] = []
    walkers: list[tuple[float, str]] = []
    for actor in observation.actors:
        dx, dy = actor.pose.x - x, actor.pose.y - y
        ahead, right = dx * c + dy * s, dy * c - dx * s
        if not -ego.half_length < ahead < _AHEAD:
            continue
        if actor.kind == "pedestrian":
            if abs(right) < _WALKERS:
                walkers.append((ahead, _walker(actor, ego, ahead, right)))
        elif abs(right) < ego.half_width + actor.half_width + _BESIDE:
            vehicles.append((ahead, _vehicle(actor, ego, ahead, right)))
    lines += [text for _, text in sorted(vehicles)[:_MOST]]
    lines += [text for _, text in sorted(walkers)[:_MOST]]
    if not vehicles and not walkers:
        lines.append(f"Nobody is within {_AHEAD:.0f} m ahead in its way or close beside it.")
    return "\n".join(lines)


def there(observation: Observation, *, stop_memory: bool = True) -> list[str]:
    """What is to be reckoned with, as far as the vehicle can drive in two seconds.

    Args:
        observation: What is to be seen.
        stop_memory: Whether a sign for which the vehicle has stopped doesn't count.

    Returns:
        Of `THERE`, those that hold, and "standing" if the vehicle stands. A pedestrian in the way
        is in it now or within 2 s; "near" is one who is up to 6 m from the middle of the way.
    """
    ego, signals = observation.ego, observation.signals
    c, s = math.cos(ego.pose.yaw), math.sin(ego.pose.yaw)
    found: set[str] = set()
    if signals.red_light is not None and signals.red_light < _NEXT:
        found.add("light")
    done = stop_memory and signals.stop_completed
    if signals.stop_sign is not None and signals.stop_sign < _NEXT and not done:
        found.add("stop sign")
    for actor in observation.actors:
        dx, dy = actor.pose.x - ego.pose.x, actor.pose.y - ego.pose.y
        ahead, right = dx * c + dy * s, dy * c - dx * s
        turn = wrap(actor.pose.yaw - ego.pose.yaw)
        along, across = _reach(actor, turn)
        if ahead < 0 or ahead - ego.half_length - along > _NEXT:
            continue
        beside = abs(right) - ego.half_width - across
        if actor.kind != "pedestrian":
            if beside < _BESIDE:
                found.add("vehicle in the way" if beside < 0 else "vehicle beside the way")
        elif abs(right) < _WALKERS:
            sideways = actor.speed * math.sin(turn)
            towards = -sideways if right > 0 else sideways
            soon = beside < max(0.0, towards) * _SOON
            found.add("pedestrian in the way" if beside < 0 or soon else "pedestrian near")
    kinds = [kind for kind in THERE if kind in found] or [NOTHING]
    return [*kinds, "standing"] if ego.speed < _STANDING else kinds


def nearby(observation: Observation) -> str:
    """Those within 20 m as a table, the nearest first, seen from the vehicle.

    Args:
        observation: What is to be seen.

    Returns:
        A line for each of ten at the most: where its centre is ahead and to the right of the
        vehicle's [m], its speed [m/s], where it heads as an angle from the vehicle's heading,
        positive to the right [degrees], its length and width [m]; "" if there is nobody.
    """
    ego = observation.ego
    x, y, yaw = ego.pose
    c, s = math.cos(yaw), math.sin(yaw)
    rows: list[tuple[float, str]] = []
    for actor in observation.actors:
        dx, dy = actor.pose.x - x, actor.pose.y - y
        away = math.hypot(dx, dy)
        if away < _NEAR:
            turn = math.degrees(wrap(actor.pose.yaw - yaw))
            rows.append(
                (
                    away,
                    f"{actor.kind + ' ' + str(actor.number):14}{dx * c + dy * s:8.1f}"
                    f"{dy * c - dx * s:8.1f}{actor.speed:8.1f}{turn:9.0f}"
                    f"{2 * actor.half_length:8.1f}{2 * actor.half_width:8.1f}",
                )
            )
    if not rows:
        return ""
    head = f"{'':14}{'ahead':>8}{'right':>8}{'speed':>8}{'heading':>9}{'length':>8}{'width':>8}"
    return "\n".join([head, *(row for _, row in sorted(rows)[:_ROWS])])


def _vehicle(actor: Box, ego: Box, ahead: float, right: float) -> str:
    turn = wrap(actor.pose.yaw - ego.pose.yaw)
    along, across = _reach(actor, turn)
    gap = max(0.0, ahead - ego.half_length - along)
    beside = abs(right) - ego.half_width - across
    where = "in its way" if beside < 0 else f"{beside:.1f} m to the {_side(right)} of its way"
    what = actor.kind.capitalize()
    return (
        f"{what} {actor.number}: {gap:.1f} m ahead of the front, {where}; {_motion(actor, turn)}."
    )


def _walker(actor: Box, ego: Box, ahead: float, right: float) -> str:
    turn = wrap(actor.pose.yaw - ego.pose.yaw)
    gap = max(0.0, ahead - ego.half_length)
    beside = abs(right) - ego.half_width - actor.half_width
    side = f"{beside:.1f} m to the {_side(right)} of its way"
    where = "in its way" if beside < 0 else side
    text = f"Pedestrian {actor.number}: {gap:.1f} m ahead of the front, {where}; "
    sideways = actor.speed * math.sin(turn)  # to the right
    towards = -sideways if right > 0 else sideways
    if actor.speed < 0.1:
        return text + "stands."
    if beside > 0 and towards > 0.1:
        soon = beside / towards
        return text + f"walks towards it at {towards:.1f} m/s: in the way in {soon:.1f} s."
    if beside > 0 and towards < -0.1:
        return text + f"walks away from it at {-towards:.1f} m/s."
    return text + f"{_motion(actor, turn)}."


def _motion(actor: Box, turn: float) -> str:
    if actor.speed < 0.1:
        return "stands"
    degrees = math.degrees(turn)
    if abs(degrees) < 30:
        way = "the same way"
    elif abs(degrees) > 150:
        way = "towards the vehicle"
    else:
        way = f"across, to the {_side(degrees)}"
    return f"moves at {actor.speed:.1f} m/s {way}"


def _reach(box: Box, turn: float) -> tuple[float, float]:
    """How far a turned box reaches from its centre, ahead and sideways [m]."""
    c, s = abs(math.cos(turn)), abs(math.sin(turn))
    return (
        c * box.half_length + s * box.half_width,
        s * box.half_length + c * box.half_width,
    )


def _side(right: float) -> str:
    return "right" if right > 0 else "left"
