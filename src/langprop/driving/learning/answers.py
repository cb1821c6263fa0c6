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
        Lines: answers by the expert's level; of the wrong levels, what was there, driving and
        standing (a scene counts for each kind); angles that are off; frames before infractions.
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
    """What was there, where the level is wrong, and whether the vehicle stood; as lines."""
    standing, driving = Counter[str](), Counter[str]()
    wrong = 0
    for each in records:
        kinds = each.label.get("there")
        if kinds is None or each.output[0] == each.label["speed_level"]:
            continue
        wrong += 1
        stands = "standing" in kinds
        (standing if stands else driving).update([k for k in kinds if k != "standing"] or [NOTHING])
    if not wrong:
        return []
    lines = [f"What was there, on the {wrong} with another level than the expert's:"]
    for how, counts in (("driving", driving), ("standing", standing)):
        if counts:
            parts = ", ".join(f"{kind} {counts[kind]}" for kind in THERE if counts[kind])
            lines.append(f"  {how}: {parts}")
    return lines
