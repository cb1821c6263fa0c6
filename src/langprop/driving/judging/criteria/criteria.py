"""Criteria: all that can go wrong on a drive, noticed tick by tick."""

from __future__ import annotations

from langprop.driving.event import Event
from langprop.driving.judging.criteria.collision import Collisions
from langprop.driving.judging.criteria.crossing import Crossings
from langprop.driving.judging.criteria.ending import Ending
from langprop.driving.judging.criteria.lanes import Lanes
from langprop.driving.judging.score import RouteScore, Rule
from langprop.driving.route import Route
from langprop.driving.simulator import Truth


class Criteria:
    """All that can go wrong on a drive, noticed from the simulator's truth; of one drive.

    Args:
        route: The way to drive.

    Attributes:
        events: What was noticed so far, in order.
        done: Whether the route has ended.
    """

    def __init__(self, route: Route) -> None:
        self._collisions = Collisions()
        self._crossings = Crossings(route)
        self._lanes = Lanes(route)
        self._ending = Ending(route)
        self.events: list[Event] = []
        self.done = False

    def update(self, truth: Truth) -> list[Event]:
        """What happened in this tick; nothing happens any more after the end of the route."""
        if self.done:
            return []
        events = [
            *self._collisions.update(truth),
            *self._crossings.update(truth),
            *self._lanes.update(truth),
        ]
        end = self._ending.update(truth)
        if end is not None:
            self.done = True
            events.append(end)
        self.events += events
        return events

    def leaving(self, time: float) -> list[str]:
        """Names of actors to take off the road now: they were hit, and would block it for ever.

        Args:
            time: Now [s].
        """
        return self._collisions.leaving(time)

    @property
    def completion(self) -> float:
        """Driven share of the route [%]."""
        return self._ending.completion

    @property
    def outside(self) -> float:
        """Share of the driven metres that were outside of the lanes."""
        return self._lanes.share

    @property
    def driven(self) -> float:
        """Metres of the route that were driven."""
        return self._lanes.driven

    @property
    def timeout(self) -> int:
        """After how long the route ends [s]."""
        return self._ending.timeout

    def score(self, rule: Rule = "strict") -> RouteScore:
        """The score so far.

        Args:
            rule: Which infractions count.
        """
        return RouteScore.of(
            self.events,
            self.completion,
            outside=self.outside,
            driven=self.driven,
            rule=rule,
        )
