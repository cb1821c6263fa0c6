"""Meter: counts and times a run."""

from __future__ import annotations

import time


class Meter:
    """Counts evaluations and the seconds of a run; goes on where a saved one stopped."""

    def __init__(self) -> None:
        self.evaluations = 0
        self._spent = 0.0
        self._since: float | None = None
        self._window: list[tuple[float, int]] = []

    def start(self) -> None:
        """Start the clock."""
        self._since = time.monotonic()
        self._window = [(self._since, self.evaluations)]

    def stop(self) -> None:
        """Stop the clock."""
        self._spent = self.seconds
        self._since = None

    def count(self, evaluations: int) -> None:
        """Add evaluations: one script on one sample each."""
        self.evaluations += evaluations
        now = time.monotonic()
        self._window.append((now, self.evaluations))
        while len(self._window) > 2 and now - self._window[0][0] > 10:
            self._window.pop(0)

    @property
    def seconds(self) -> float:
        """Time spent [s]."""
        return self._spent + (time.monotonic() - self._since if self._since is not None else 0.0)

    @property
    def rate(self) -> float:
        """Evaluations per second, over the last ten seconds or so."""
        if len(self._window) < 2:
            return 0.0
        (then, before), (now, after) = self._window[0], self._window[-1]
        return (after - before) / (now - then) if now > then else 0.0

    def resume(self, evaluations: int, seconds: float) -> None:
        """Go on from where a run was."""
        self.evaluations, self._spent = evaluations, seconds
