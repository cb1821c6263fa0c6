"""Roller: candidates that are on their way side by side in one process."""

from __future__ import annotations

import math
from collections import deque

from langprop.evaluation.batch import Batch
from langprop.evaluation.candidate import Candidate
from langprop.evaluation.flight import Flight
from langprop.evaluation.judge import Judge, Result
from langprop.executors.base import Executor
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script


class Roller:
    """Candidates that are on their way side by side in this process.

    While one script's process computes its answers, the samples of another one are taken further.

    Args:
        judge: Checks answers.
        batch: The samples.
        executor: Where scripts run.
        limits: What each may use.
        n_slow: How many slow scripts compute their answers side by side.

    Attributes:
        at: Number of the candidate that is being taken further, for whoever catches an error; -1
            where it isn't the fault of one.
        finished: Numbers and results of those that are done; to be emptied by whoever takes them.
    """

    def __init__(
        self,
        judge: Judge,
        batch: Batch,
        executor: Executor,
        limits: Limits,
        *,
        n_slow: int,
    ) -> None:
        self.at = -1
        self.finished: list[tuple[int, list[Result]]] = []
        self._judge = judge
        self._batch = batch
        self._executor = executor
        self._limits = limits
        self._waiting: deque[Candidate] = deque()  # with calls to be made
        self._flight = Flight(n_slow)
        self._open: dict[int, Candidate] = {}

    def __len__(self) -> int:
        return len(self._open)

    def share(self, n_slow: int) -> None:
        """Other processes have work for all cores, too: leave them some.

        Args:
            n_slow: How many slow scripts of this process compute their answers side by side.
        """
        # To ask again and again, rather than to fall asleep, would keep a core from its work.
        self._flight.workers, self._flight.spin = n_slow, False

    @property
    def numbers(self) -> list[int]:
        """Of those that are on their way."""
        return list(self._open)

    def add(self, number: int, script: Script) -> None:
        """Run a script's first samples up to their first calls.

        Args:
            number: Its place among all.
            script: The script.
        """
        self.at = number
        session = self._executor.open(script, self._limits)
        candidate = Candidate(number, session, self._judge, self._batch, self._limits)
        self._open[number] = candidate
        self._go_on(candidate, candidate.start())
        self.at = -1

    def turn(self, patience: float = math.inf) -> None:
        """Have calls made, and take one candidate further.

        Args:
            patience: How long to wait for one [s].
        """
        self._flight.board(self._waiting)
        if self._flight:
            landed = self._flight.land(patience)
            if landed is not None:
                candidate, outcomes = landed
                self.at = candidate.number
                self._go_on(candidate, candidate.advance(outcomes))
                self.at = -1

    def drop(self, number: int) -> None:
        """Give up one that raised."""
        candidate = self._open.pop(number, None)
        if candidate is not None:
            candidate.close()

    def close(self) -> None:
        """Give up all."""
        while self._open:
            self._open.popitem()[1].close()

    def _go_on(self, candidate: Candidate, more: bool) -> None:
        if more:
            self._waiting.append(candidate)
            return
        del self._open[candidate.number]
        candidate.session.close()
        self.finished.append((candidate.number, candidate.results()))
