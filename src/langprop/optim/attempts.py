"""Attempts: what was tried from a script, and what came of it, for whoever is asked again.

They are kept with the policy, as notes, so that a resumed run asks what it would have asked.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from langprop.population.moments import Moments

if TYPE_CHECKING:
    from langprop.population.policy import Policy

NAME = "attempts"
"""Of the notes, and of the variable of prompts."""

KEPT = 4
"""Attempts that are remembered of a script: the last ones."""

_MAX_DIFF = 800  # characters
_MAX_NAMES = 12  # of functions that were changed
_DEFINITION = re.compile(r"\s*(?:async\s+)?def\s+(\w+)")
_MAX_LINES = 2_000  # of scripts that are compared: it takes the square of their number at the worst


def note_attempts(policies: Iterable[Policy], children: Iterable[Policy]) -> None:
    """Tell parents how their children did, on samples that both were judged on in this step.

    Args:
        policies: The parents are among them.
        children: New policies.
    """
    known = {policy.id: policy for policy in policies}
    for child in sorted(children, key=lambda policy: policy.id):
        parent = known.get(child.script.parent or "")
        attempt = _attempt(parent, child) if parent is not None else None
        if parent is not None and attempt is not None:
            tried = parent.notes.setdefault(NAME, [])
            tried.append(attempt)
            del tried[:-KEPT]


def attempts(policy: Policy) -> list[dict[str, Any]]:
    """What was tried from a script.

    Returns:
        For each attempt, the last one last: `gain` (mean difference of the scores to those of the
        script), `stderr` (its standard error, or None), `samples`, `failed` (on how many of these
        there was no answer), `diff` (what was changed, cut).
    """
    return list(policy.notes.get(NAME, ()))


def _attempt(parent: Policy, child: Policy) -> dict[str, Any] | None:
    theirs = {record.sample: record for record in parent.judged.records}
    pairs = [(theirs[each.sample], each) for each in child.judged.records if each.sample in theirs]
    if not pairs:
        return None
    gains = Moments.of([after.score - before.score for before, after in pairs])
    return {
        "gain": gains.mean,
        "stderr": gains.stderr if len(pairs) > 1 else None,
        "samples": len(pairs),
        "failed": sum(after.status != "ok" for _, after in pairs),
        "diff": _diff(parent.script.source, child.script.source),
    }


def _diff(before: str, after: str) -> str:
    """What was changed, line by line; "" for long scripts."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > _MAX_LINES:
        return ""
    lines = list(difflib.unified_diff(old, new, lineterm="", n=1))[2:]  # without names of files
    kept, size = 0, 0
    while kept < len(lines) and size + len(lines[kept]) + 1 <= _MAX_DIFF:
        size += len(lines[kept]) + 1
        kept += 1
    if kept == len(lines):
        return "\n".join(lines)
    names = ", ".join(_changed(old, new)[:_MAX_NAMES])
    where = f", in all: {names}" if names else ""
    return "\n".join([*lines[:kept], f"… and {len(lines) - kept} more lines{where}"])


def _changed(old: list[str], new: list[str]) -> list[str]:
    """Names of the functions of the new lines that aren't as in the old ones, in order.

    They are found as text: nothing that a model wrote is parsed in this process.
    """
    names: dict[str, None] = {}
    inside = [""] * len(new)
    for place, line in enumerate(new):
        found = _DEFINITION.match(line)
        inside[place] = found[1] if found else inside[place - 1] if place else ""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, _, _, begin, end in matcher.get_opcodes():
        if tag != "equal":
            names.update(dict.fromkeys(inside[begin : max(end, begin + 1)]))
    names.pop("", None)
    return list(names)
