"""RecordedDrive: a drive that goes on tick by tick, and of which frames are recorded."""

from __future__ import annotations

from typing import NamedTuple

from langprop.driving.agents.agent import Agent, Decision
from langprop.driving.agents.pid import Pilot
from langprop.driving.event import Event
from langprop.driving.frames.frame import Answer, Frame
from langprop.driving.frames.lookahead import Lookahead
from langprop.driving.judging.criteria import Criteria
from langprop.driving.learning.decisions import LONGEST, DecisionLog
from langprop.driving.simulator import Simulator, Truth
from langprop.driving.task import RouteTask
from langprop.errors import CheckpointError, SimulatorError


class Moment(NamedTuple):
    """What a tick brought.

    Attributes:
        frames: Frames of which is known now whether an infraction followed them.
        events: What the criteria noticed.
        decision: What the driver wanted.
        recorded: The frame that was recorded in this tick, not yet marked; None if none was.
        truth: What was known before it.
    """

    frames: list[Frame]
    events: list[Event]
    decision: Decision
    recorded: Frame | None
    truth: Truth


class RecordedDrive:
    """A drive that goes on tick by tick, and of which frames are recorded.

    Every `every` ticks a frame is recorded, with what the expert would have done. So is the first
    tick in which a driver's script fails. A drive is determined by its route, its seed and the
    decisions: from a log of these it is brought back to where it was.

    Args:
        simulator: Where.
        task: The route.
        seed: Of the reset.
        expert: Labels the frames.
        every: Ticks between frames.
        lookahead: How many intervals between frames before an infraction are marked with it.
        log: Decisions that were taken already: they are taken again.

    Attributes:
        task: As given.
        seed: As given.
        log: Decisions so far.
        criteria: What was noticed so far.
        ticks: Steps so far.
        frames: Frames recorded so far.
        agreed: On how many of these the driver did what the expert would have done.

    Raises:
        TownError: The town or the route doesn't exist.
        SimulatorError: The simulator can't start, or died.
        CheckpointError: The log goes beyond the end of the route.
    """

    def __init__(
        self,
        simulator: Simulator,
        task: RouteTask,
        seed: int,
        expert: Agent,
        *,
        every: int = 10,
        lookahead: int = 4,
        log: DecisionLog | None = None,
    ) -> None:
        self._simulator, self._expert, self._every = simulator, expert, every
        self.task, self.seed = task, seed
        self.log = DecisionLog() if log is None else log
        expert.reset()
        simulator.reset(task, seed)
        self._truth: Truth = simulator.truth()
        self.criteria, self._pilot = Criteria(self._truth.route), Pilot()
        self._lookahead = Lookahead(lookahead, every, simulator.dt)
        self.ticks = self.frames = self.agreed = 0
        self._failing = False
        for decision in self.log:
            if self.done:
                raise CheckpointError(f"the log of {task.name} goes beyond the end of the route.")
            self._take(decision)

    @property
    def done(self) -> bool:
        """Whether the route has ended."""
        return self.criteria.done

    @property
    def truth(self) -> Truth:
        """What is known now."""
        return self._truth

    def tick(self, driver: Agent) -> Moment:
        """Let a driver decide once more.

        Raises:
            SimulatorError: The simulator died.
            SandboxError: The sandbox of the driver's script failed.
        """
        decision = driver.act(self._truth.observation, self._truth)
        self.log.add(decision)
        try:
            return self._take(decision)
        except SimulatorError:
            self.log.pop()  # it wasn't carried out
            raise

    def relieve(self) -> None:
        """Note that another driver takes over: its first failure is a new one."""
        self.log.relieve()

    def end(self) -> list[Frame]:
        """Break the drive off; returns the frames that were held back."""
        return self._lookahead.end()

    def _take(self, decision: Decision) -> Moment:
        truth, seen = self._truth, self._truth.observation
        frames: list[Frame] = []
        recorded = None
        label = self._expert.act(seen, truth) if self.ticks % self._every == 0 else None
        if self.ticks in self.log.reliefs:
            self._failing = False
        if label is None and decision.error and not self._failing:
            label = self._expert.act(seen, truth)
        if label is not None:
            recorded = Frame(
                seen,
                expert=Answer(label.level, float(label.angle)),
                driver=Answer(decision.level, float(decision.angle)),
                failure=decision.error[:LONGEST],
                task=self.task.name,
                seed=self.seed,
                expert_speed=label.target_speed,
            )
            self.frames += 1
            self.agreed += recorded.agrees and not decision.error
            frames += self._lookahead.add(recorded)
        self._failing = bool(decision.error)
        control = self._pilot.control(
            decision.level, decision.angle, seen.ego.speed, decision.target_speed
        )
        self._simulator.step(control)
        self.ticks += 1
        self._truth = self._simulator.truth()
        events = self.criteria.update(self._truth)
        for name in self.criteria.leaving(self._truth.observation.time):
            self._simulator.remove(name)
        for event in events:
            frames += self._lookahead.mark(event)
        if self.done:
            frames += self._lookahead.end()
        return Moment(frames, events, decision, recorded, truth)
