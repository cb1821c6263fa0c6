"""Candidate: one script on its way through a batch, many samples at a time."""

from __future__ import annotations

from collections.abc import Sequence

from langprop.evaluation.batch import Batch
from langprop.evaluation.judge import Judge, Result
from langprop.evaluation.lane import Lane
from langprop.executors.base import Session, SessionCall
from langprop.sandbox.answers import Answers
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import Outcome

MAX_LANES = 64
"""Samples of a script that are on their way side by side, each with an environment, say."""


class Candidate:
    """One script on its way through a batch.

    Which samples are on their way together depends on nothing but how many calls each of them
    takes, so that a run can be repeated.

    Args:
        number: Its place among the scripts.
        session: Keeps the script alive.
        judge: Checks answers.
        batch: The samples.
        limits: What the script may use.

    Attributes:
        pace: How long its calls took, the last time that they were made together [s].
        sent: When they were sent, on the clock of `time.perf_counter` [s].
    """

    def __init__(
        self, number: int, session: Session, judge: Judge, batch: Batch, limits: Limits
    ) -> None:
        self.number = number
        self.session = session
        self.pace = self.sent = 0.0
        self._judge = judge
        self._batch = batch
        self._total = limits.total
        self._spent = 0.0
        self._lanes: list[Lane] = []
        self._room = min(judge.module.side_by_side or MAX_LANES, MAX_LANES)
        self._results: list[Result | None] = [None] * len(batch)
        self._next = 0

    def start(self) -> bool:
        """Run the first samples up to their first calls.

        Returns:
            Whether there are calls to be made.
        """
        self._fill()
        return bool(self._lanes)

    def calls(self) -> list[SessionCall]:
        """The calls that the samples are waiting for."""
        return [lane.request for lane in self._lanes]

    def advance(self, outcomes: Sequence[Outcome]) -> bool:
        """Run the samples up to their next calls, and begin others in the place of those done.

        Returns:
            Whether there are calls to be made.
        """
        if type(outcomes) is Answers:
            self.pace = sum(outcomes.seconds)
            done = self._go_on(outcomes)
        else:
            self.pace = sum([outcome.seconds for outcome in outcomes])
            checked = self._judge.checked
            done = [
                lane
                for lane, outcome in zip(self._lanes, outcomes, strict=True)
                if not lane.answer(checked(outcome))
            ]
        self._spent += self.pace
        if done:
            self._lanes = [lane for lane in self._lanes if lane.result is None]
        for lane in done:
            self._finish(lane)
        while self._total is not None and self._spent > self._total and self._lanes:
            self._end_early(self._total)
        if done:
            self._fill()
        return bool(self._lanes)

    def _go_on(self, answers: Answers) -> list[Lane]:
        """As for any outcomes, at a part of the price: the samples that are done."""
        refusal = self._judge.refusal
        done = []
        rows = zip(self._lanes, answers.outputs, answers.seconds, strict=True)
        for lane, output, seconds in rows:
            if reason := refusal(output):
                more = lane.answer(Outcome("bad_output", output, reason, seconds=seconds))
            else:
                more = lane.go_on(output, seconds)
            if not more:
                done.append(lane)
        return done

    def results(self) -> list[Result]:
        """What came out, in the order of the samples, once all is done."""
        return [result for result in self._results if result is not None]

    def close(self) -> None:
        """Give up what is on its way."""
        try:
            for lane in self._lanes:
                lane.close()
        finally:
            self.session.close()

    def _fill(self) -> None:
        while self._next < len(self._batch) and len(self._lanes) < self._room:
            lane = Lane(self._next)
            self._next += 1
            args, kwargs = self._batch.inputs[lane.place]
            if lane.start(self._judge.module.forward, args, kwargs):
                self._lanes.append(lane)
            else:
                self._finish(lane)

    def _finish(self, lane: Lane) -> None:
        self._results[lane.place] = lane.result
        self.session.end_episode(lane.place)

    def _end_early(self, total: float) -> None:
        """The script's time is over: what it is asked from now on counts as too late."""
        text = f"TimeoutError: the candidate's {total:g} s for a batch are over"
        late = Outcome("timeout", None, text)
        lanes, self._lanes = self._lanes, []
        for lane in lanes:
            (self._lanes.append if lane.answer(late) else self._finish)(lane)
        self._fill()
