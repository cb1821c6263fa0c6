"""Answers: what a policy answered where the expert said what, as a table in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from langprop.driving.frames.frame import LEVELS, MAX_ANGLE, same, turned
from langprop.driving.learning.words import NOTHING, THERE

if TYPE_CHECKING:
    from langprop.population.record import Record


def answers(records: Sequence[Record]) -> str:
    """What a policy answered where the expert said what, as a table in words.

    Args:
        records: Of a policy; those that failed aren't counted.

    Returns:
        Lines: answers by the expert's level; of the wrong levels, which stood for which, driving or
        standing, and what was there (a scene counts for each kind); angles that are off; frames
        before infractions.
    """
    told = [each for each in records if each.status == "ok" and isinstance(each.label, Mapping)]
    if not told:
        return ""
    pairs = Counter((each.label["speed_level"], each.output[0]) for each in told)
    lines = ["Answers by what the expert would have said:"]
    for expert in reversed(LEVELS):
        total = sum(pairs[expert, level] for level in LEVELS)
        if total:
            answered = ", ".join(f"{level} {pairs[expert, level]}" for level in LEVELS[::-1])
            lines.append(f"  expert {expert} ({total}): {answered}")
    off = [turned(float(each.output[1]), each.label["turn_angle"]) for each in told]
    wrong = sum(each > MAX_ANGLE for each in off)
    lines += _causes(told)
    lines.append(f"Angles off by more than {MAX_ANGLE:g}°: {wrong} of {len(off)}.")
    blamed = [each for each in told if "driver" in each.label]
    if blamed:
        repeated = sum(same(each.output, each.label["driver"]) for each in blamed)
        lines.append(
            f"Frames shortly before an infraction: {len(blamed)}; on {repeated} of them it "
            "still decides as the driver who caused it."
        )
    return "\n".join(lines)


def _causes(records: Sequence[Record]) -> list[str]:
    """What was there, where the level is wrong, in which way, and whether the vehicle stood."""
    found: dict[tuple[str, str], Counter[str]] = {}
    times = Counter[tuple[str, str]]()
    for each in records:
        kinds, level, expert = each.label.get("there"), each.output[0], each.label["speed_level"]
        if kinds is None or level == expert:
            continue
        way = f"{level} for {expert}", "standing" if "standing" in kinds else "driving"
        times[way] += 1
        there = [kind for kind in kinds if kind != "standing"] or [NOTHING]
        found.setdefault(way, Counter()).update(there)
    if not times:
        return []
    lines = [
        f"What was there, on the {times.total()} with another level than the expert's, the most "
        "frequent first:"
    ]
    for way, count in times.most_common():
        parts = ", ".join(f"{kind} {found[way][kind]}" for kind in THERE if found[way][kind])
        lines.append(f"  {way[0]}, {way[1]} ({count}): {parts}")
    return lines
