"""Flight: candidates whose calls are being made."""

from __future__ import annotations

import math
import select
import time
from collections import deque
from collections.abc import Iterable, Sequence

from langprop.evaluation.candidate import Candidate
from langprop.sandbox.outcome import Outcome

_FAST = 2e-3
"""Calls that take longer than that together are slow [s]: more of them than there are cores would
make each other late."""

_SPIN_TIME = 50e-6
"""How long to ask again and again: to fall asleep and be woken takes longer than most calls [s]."""

_NAP = 0.02
"""How long to sleep until it is asked whether a script hangs [s]."""


class Flight:
    """Candidates whose calls are being made, in processes of their own.

    Args:
        workers: Slow candidates whose calls are made side by side.
        spin: Whether to ask again and again for a moment, before falling asleep.

    Attributes:
        workers: As above, and so is the other one.
        spin: Likewise.
    """

    def __init__(self, workers: int, *, spin: bool = True) -> None:
        self.workers = workers
        self.spin = spin
        self._out: deque[Candidate] = deque()

    def __len__(self) -> int:
        return len(self._out)

    def board(self, waiting: deque[Candidate]) -> None:
        """Have the calls of all made that are waiting, as far as there is room."""
        for _ in range(len(waiting)):
            candidate = waiting.popleft()
            now = time.perf_counter()
            if candidate.pace < _FAST or self._n_slow(now) < self.workers:
                candidate.sent = now
                candidate.session.begin(candidate.calls())
                self._out.append(candidate)
            else:
                waiting.append(candidate)

    def land(self, patience: float = math.inf) -> tuple[Candidate, Sequence[Outcome]] | None:
        """The next candidate whose calls were made; the first one sent, if it can choose.

        Args:
            patience: How long to wait for one, about [s].

        Returns:
            It, and what came out; None if there is none yet.
        """
        out = self._out
        if self.spin:  # else nothing is there so early, and to look costs as much as to wait
            outcomes = out[0].session.finish(wait=False)
            if outcomes is not None:
                return out.popleft(), outcomes
        start = now = time.perf_counter()
        awake = start + _SPIN_TIME if self.spin else start
        nap = min(_NAP, patience)
        while now - start < patience:
            for candidate in self._ready(0.0 if now < awake else nap):
                outcomes = candidate.session.finish(wait=False)
                if outcomes is not None:
                    out.remove(candidate)
                    return candidate, outcomes
            now = time.perf_counter()
        return None

    def _n_slow(self, now: float) -> int:
        return sum(each.pace >= _FAST or now - each.sent > 10 * _FAST for each in self._out)

    def _ready(self, seconds: float) -> Iterable[Candidate]:
        """Those that have something to say, after a time at the latest; then all may be late."""
        poll = select.poll()
        found = {}
        for candidate in self._out:
            fd = candidate.session.fileno()
            if fd < 0:  # it can't be waited for
                return list(self._out)
            poll.register(fd, select.POLLIN)
            found[fd] = candidate
        ready = poll.poll(1_000 * seconds)
        if not ready and seconds:
            return list(self._out)
        return [found[fd] for fd, _ in ready]
