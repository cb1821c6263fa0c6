"""Sight: where others were in the last seconds, and for how long they have been in view."""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from langprop.driving.box import Box
from langprop.driving.observation import Observation

MEMORY = 5.0
"""Seconds that are remembered."""


class Seen(NamedTuple):
    """How somebody was seen at a moment.

    Attributes:
        ago: How long ago [s].
        ego: The vehicle then.
        other: The other one then.
    """

    ago: float
    ego: Box
    other: Box

    @property
    def distance(self) -> float:
        """Between the centres [m]."""
        return math.hypot(self.other.pose.x - self.ego.pose.x, self.other.pose.y - self.ego.pose.y)


class Sight:
    """What was in view in the last `MEMORY` seconds.

    It keeps the observations as they are: to look back is rare, to remember isn't.
    """

    def __init__(self) -> None:
        self._past: deque[Observation] = deque()

    def update(self, observation: Observation) -> None:
        """Remember a moment."""
        past = self._past
        past.append(observation)
        oldest = observation.time - MEMORY
        while past[0].time < oldest - 1e-9:
            past.popleft()

    def track(self, name: str) -> list[Seen]:
        """An actor as it was seen without a break until now, the newest first."""
        if not self._past:
            return []
        now = self._past[-1].time
        found: list[Seen] = []
        for observation in reversed(self._past):
            other = next((box for box in observation.actors if box.id == name), None)
            if other is None:
                break
            found.append(Seen(now - observation.time, observation.ego, other))
        return found

    @property
    def span(self) -> float:
        """Seconds that are remembered by now."""
        return self._past[-1].time - self._past[0].time if self._past else 0.0
