"""RouteScore: the driving score of a route, and of many."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from langprop.driving.event import PENALTIES, Event

Rule = Literal["strict", "at_fault"]
"""Which infractions count: all that the leaderboard counts, or those a careful driver avoids."""

RULES: tuple[Rule, ...] = ("strict", "at_fault")

MEASURES = ("driving", "completion", "penalty")


def counted(events: Iterable[Event], rule: Rule) -> list[Event]:
    """The infractions among events that count under a rule, in their order."""
    strict = rule == "strict"
    return [
        event for event in events if not event.ends and (event.strict if strict else event.at_fault)
    ]


@dataclass(frozen=True)
class RouteScore:
    """The driving score of a route.

    `driving = completion * penalty`; the penalty is the product of the factors in `PENALTIES`, one
    for each infraction, times the share of the driven metres that were within the route's lanes.

    Attributes:
        completion: Driven share of the route [%].
        penalty: In [0, 1]; 1 without an infraction.
        outside: Share of the driven metres that were outside of the lanes, in [0, 1].
        driven: Metres of the route that were driven.
        counts: Number of infractions by kind; kinds without one are missing.

    Source: CARLA Leaderboard 1.0, `statistics_manager.py`.
    """

    completion: float
    penalty: float
    outside: float = 0.0
    driven: float = 0.0
    counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        events: Iterable[Event],
        completion: float,
        *,
        outside: float = 0.0,
        driven: float = 0.0,
        rule: Rule = "strict",
    ) -> RouteScore:
        """The score of a route.

        Args:
            events: What the criteria noticed; length and order are free.
            completion: Driven share of the route [%].
            outside: Share of the driven metres that were outside of the lanes, in [0, 1].
            driven: Metres of the route that were driven.
            rule: Which infractions count.

        Raises:
            ValueError: A share is out of its range, or there is no such rule.
        """
        if rule not in RULES:
            raise ValueError(f'rule must be "strict" or "at_fault", but got {rule!r}.')
        if not 0 <= completion <= 100:
            raise ValueError(f"completion must be from 0 to 100, but got {completion!r}.")
        if not 0 <= outside <= 1:
            raise ValueError(f"outside must be from 0 to 1, but got {outside!r}.")
        counts = Counter[str](event.kind for event in counted(events, rule))
        penalty = 1.0 - outside
        for kind, factor in PENALTIES.items():
            penalty *= factor ** counts[kind]
        return cls(completion, penalty, outside, driven, dict(sorted(counts.items())))

    @property
    def driving(self) -> float:
        """The driving score [%]."""
        return self.completion * self.penalty

    def to_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "driving": self.driving,
            "completion": self.completion,
            "penalty": self.penalty,
            "outside": self.outside,
            "driven": self.driven,
            "counts": dict(self.counts),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RouteScore:
        """The inverse of `to_dict`."""
        return cls(**{key: value for key, value in data.items() if key != "driving"})


@dataclass(frozen=True)
class Summary:
    """Scores of many routes.

    Attributes:
        n: Number of routes.
        driving: Mean driving score [%]. It isn't the product of the other two means.
        completion: Mean completion [%].
        penalty: Mean penalty.
        std: Standard deviations of the three over routes (n - 1); NaN for a single route.
        kilometres: Driven, all together.
        counts: Infractions by kind, all together.

    Source: CARLA Leaderboard 1.0: plain means over routes. It also divides by kilometres route by
    route; here all infractions are divided by all kilometres, so that a route which ends at its
    start doesn't outweigh the others.
    """

    n: int
    driving: float
    completion: float
    penalty: float
    std: Mapping[str, float]
    kilometres: float
    counts: Mapping[str, int]

    @classmethod
    def of(cls, scores: Sequence[RouteScore]) -> Summary:
        """The summary of at least one score.

        Raises:
            ValueError: There is none.
        """
        if not scores:
            raise ValueError("there are no scores to be summed up.")
        columns = {name: [getattr(score, name) for score in scores] for name in MEASURES}
        counts = Counter[str]()
        for score in scores:
            counts.update(score.counts)
        return cls(
            len(scores),
            **{name: math.fsum(values) / len(values) for name, values in columns.items()},
            std={name: _std(values) for name, values in columns.items()},
            kilometres=math.fsum(score.driven for score in scores) / 1000,
            counts=dict(sorted(counts.items())),
        )

    def per_kilometre(self, *kinds: str) -> float:
        """Infractions per driven kilometre; NaN if nothing was driven.

        Args:
            kinds: Which; all, if none is named.
        """
        number = sum(self.counts.get(kind, 0) for kind in (kinds or self.counts))
        return number / self.kilometres if self.kilometres > 0 else math.nan

    def to_dict(self) -> dict[str, Any]:
        """Everything, for JSON; NaN becomes None."""
        return {
            "n": self.n,
            **{name: getattr(self, name) for name in MEASURES},
            "std": {name: _plain(value) for name, value in self.std.items()},
            "kilometres": self.kilometres,
            "counts": dict(self.counts),
            "per_kilometre": {name: _plain(self.per_kilometre(name)) for name in self.counts},
        }


def _std(values: Sequence[float]) -> float:
    if len(values) < 2:
        return math.nan
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
