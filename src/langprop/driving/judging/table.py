"""The table of an evaluation, in plain text, and what has to be said beneath it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langprop.driving.judging.score import MEASURES, Rule

if TYPE_CHECKING:
    from langprop.driving.judging.bootstrap import Estimate
    from langprop.driving.judging.evaluate import Evaluation

_HEADS = {"driving": "driving score", "completion": "completion %", "penalty": "penalty"}
_DIGITS = {"driving": 1, "completion": 1, "penalty": 3}
_TITLES: dict[Rule, str] = {
    "at_fault": "at fault: infractions that a careful driver avoids",
    "strict": "strict: every infraction, as the leaderboard counts",
}
_SHORT = {
    "COLLISION_PEDESTRIAN": "pedestrian",
    "COLLISION_VEHICLE": "vehicle",
    "COLLISION_STATIC": "static",
    "TRAFFIC_LIGHT_INFRACTION": "red light",
    "STOP_INFRACTION": "stop sign",
    "OUTSIDE_ROUTE_LANES": "off lane",
}
_ENDS = {
    "ROUTE_COMPLETION": "goal",
    "ROUTE_DEVIATION": "strayed",
    "VEHICLE_BLOCKED": "blocked",
    "ROUTE_TIMEOUT": "timeout",
}
_MOST_NAMED = 5


def table(evaluation: Evaluation) -> str:
    """The scores of all policies with intervals, the differences, and notes."""
    routes, seeds = len(evaluation.tasks), len(evaluation.seeds)
    title = f"{evaluation.suite or 'routes'}: {routes} route{'s' * (routes != 1)}"
    title += f" × {seeds} seed{'s' * (seeds != 1)}; 95 % intervals over routes in brackets"
    lines = [title]
    if not evaluation.complete:
        made = len(evaluation.drives) + len(evaluation.failures)
        lines.append(f"INCOMPLETE: broken off after {made:,} of {evaluation.planned:,} drives")
    for rule in ("at_fault", "strict"):
        lines += ["", _TITLES[rule], *_aligned(_scores(evaluation, rule))]
    lines += [
        "",
        "infractions per km driven (at fault), how routes ended, decisions",
        *_aligned(_kinds(evaluation)),
    ]
    notes = _notes(evaluation)
    return "\n".join([*lines, *([""] if notes else []), *(f"- {note}" for note in notes)])


def _scores(evaluation: Evaluation, rule: Rule) -> list[list[str]]:
    many = len(evaluation.drivers) > 1
    head = ["policy", *_HEADS.values(), "infractions/km"]
    cells = [[*head, f"driving score − {evaluation.drivers[0]}'s"] if many else head]
    for place, name in enumerate(evaluation.drivers):
        row = [name]
        for measure in MEASURES:
            row.append(_text(evaluation.estimate(name, measure, rule), _DIGITS[measure]))
        row.append(_text(evaluation.estimate(name, "infractions", rule), 2))
        if many:
            found = evaluation.difference(name, "driving", rule) if place else None
            row.append("" if not place else _text(found, 1, sign=True))
        cells.append(row)
    return cells


def _kinds(evaluation: Evaluation) -> list[list[str]]:
    ends = [end for end in _ENDS if any(drive.ended == end for drive in evaluation.drives)]
    head = ["policy", *_SHORT.values(), *(_ENDS[end] for end in ends)]
    cells = [[*head, "exceptions", "like expert"]]
    for name in evaluation.drivers:
        drives = evaluation.of(name)
        summary = evaluation.summary(name, "at_fault")
        if summary is None:
            cells.append([name, *["-"] * (len(cells[0]) - 1)])
            continue
        row = [name]
        for kind in _SHORT:
            row.append(f"{summary.per_kilometre(kind):.2f}" if summary.kilometres else "-")
        row += [str(sum(drive.ended == end for drive in drives)) for end in ends]
        ticks = sum(drive.ticks for drive in drives)
        failed = sum(sum(drive.failures.values()) for drive in drives)
        row.append(f"{100 * failed / ticks:.3g} %" if ticks else "-")
        asked = sum(drive.asked for drive in drives)
        agreed = sum((drive.agreement or 0.0) * drive.asked for drive in drives)
        row.append(f"{100 * agreed / asked:.0f} %" if asked else "-")
        cells.append(row)
    return cells


def _notes(evaluation: Evaluation) -> list[str]:
    notes = []
    if len(evaluation.tasks) == 1:
        notes.append("one route gives no interval: take a whole suite")
    if any(drive.agreement is not None for drive in evaluation.drives):
        notes.append(
            "like expert: decisions as the expert's, in situations that a policy got itself into; "
            "it doesn't tell how well one drives"
        )
    for name in evaluation.drivers:
        errors: dict[str, int] = {}
        for drive in evaluation.of(name):
            for text, count in drive.errors.items():
                errors[text] = errors.get(text, 0) + count
        if errors:
            text, count = max(errors.items(), key=lambda item: item[1])
            notes.append(f"{name} failed most often with: {text} ({count:,} ticks)")
    repeated = [drive for drive in evaluation.drives if drive.repeated]
    for drive in repeated[:_MOST_NAMED]:
        notes.append(
            f"driven a second time: {drive.agent} on {drive.task}, seed {drive.seed}: "
            f"{first_line(drive.repeated)}"
        )
    more = len(repeated) - _MOST_NAMED
    if more > 0:
        notes.append(f"{more} more were driven a second time")
    for failure in evaluation.failures[:_MOST_NAMED]:
        notes.append(
            f"no result: {failure.agent} on {failure.task}, seed {failure.seed}, two times: "
            f"{failure.error}"
        )
    more = len(evaluation.failures) - _MOST_NAMED
    if more > 0:
        notes.append(f"no result of {more} more drives, whose simulator died twice")
    return notes


def first_line(text: str) -> str:
    """What is said first of how a simulator died; its own words may follow."""
    return text.partition("\n")[0]


def _text(found: Estimate | None, digits: int, *, sign: bool = False) -> str:
    return "-" if found is None else found.text(digits, sign=sign)


def _aligned(cells: list[list[str]]) -> list[str]:
    """Columns of a width; the first flush left, numbers flush right."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]
