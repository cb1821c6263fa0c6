"""Drive: an agent on a route, from the start to whatever ends it."""

from __future__ import annotations

import hashlib
import struct
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from langprop.driving.agents.agent import Agent, Decision
from langprop.driving.agents.pid import Pilot
from langprop.driving.control import Control
from langprop.driving.event import Event
from langprop.driving.frames.frame import Answer, Frame
from langprop.driving.judging.criteria import Criteria
from langprop.driving.judging.score import RouteScore, Rule
from langprop.driving.observation import Observation
from langprop.driving.simulator import Simulator, Truth
from langprop.driving.task import RouteTask

_POSE = struct.Struct("<4d")


class Tick(NamedTuple):
    """What happened in a tick.

    Attributes:
        truth: What was known before it; the observation is a part of that.
        decision: What the agent wanted then.
        control: What was done.
        events: What came of it: noticed after the tick.
        after: What is known after it.
        expert: What the expert would have wanted; None where it wasn't asked.
    """

    truth: Truth
    decision: Decision
    control: Control
    events: list[Event]
    after: Truth
    expert: Decision | None = None

    @property
    def observation(self) -> Observation:
        """What there was to see before the tick."""
        return self.truth.observation


OnTick = Callable[[Tick], "bool | None"]
"""Called after each tick; True ends the drive."""


@dataclass(frozen=True)
class Drive:
    """What came of a drive.

    Attributes:
        task: Name of the route.
        seed: Of the reset.
        agent: Name of the agent.
        ended: Kind of the event that ended it; "STOPPED" if a caller did.
        length: Of the route [m].
        ticks: Number of steps.
        seconds: Simulated.
        events: What the criteria noticed, in order.
        strict: The score under the leaderboard's rules.
        at_fault: The score if only what a careful driver avoids is counted.
        failures: Ticks in which the agent's script failed, by status.
        errors: These by message: some of them.
        levels: Number of ticks by speed level.
        agreement: Share of the ticks asked about in which the agent wanted what the expert would
            have, by the rule of `Frame.agrees`; None where none was asked about.
        asked: How many ticks that were.
        hash: SHA-256 of where the vehicle and everyone in view were in all ticks: equal for the
            same task, seed and agent.
        wall: Seconds that it took, reset included; no part of what is compared.
        repeated: Of a drive that was made a second time: what ended the first one, in words; else
            "". No part of what is compared.
    """

    task: str
    seed: int
    agent: str
    ended: str
    length: float
    ticks: int
    seconds: float
    events: tuple[Event, ...]
    strict: RouteScore
    at_fault: RouteScore
    failures: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    levels: Mapping[str, int] = field(default_factory=dict)
    agreement: float | None = None
    asked: int = 0
    hash: str = ""
    wall: float = field(default=0.0, compare=False)
    repeated: str = field(default="", compare=False)

    def score(self, rule: Rule) -> RouteScore:
        """The score under a rule."""
        return self.strict if rule == "strict" else self.at_fault

    def to_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            **asdict(self),
            "events": [event.to_dict() for event in self.events],
            "strict": self.strict.to_dict(),
            "at_fault": self.at_fault.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Drive:
        """The inverse of `to_dict`."""
        given = dict(data)
        given["events"] = tuple(
            Event(**{**event, "xy": tuple(event["xy"])}) for event in given["events"]
        )
        for rule in ("strict", "at_fault"):
            given[rule] = RouteScore.from_dict(given[rule])
        return cls(**given)


def drive(
    simulator: Simulator,
    task: RouteTask,
    seed: int,
    agent: Agent,
    *,
    expert: Agent | None = None,
    every: int = 10,
    on_tick: OnTick | None = None,
) -> Drive:
    """Let an agent drive a route.

    Args:
        simulator: Where.
        task: The route.
        seed: Of the reset.
        agent: Who drives; it is reset first.
        expert: Asked every now and then what it would do; it's reset, too.
        every: Ticks between such questions; the first one is asked in the first tick.
        on_tick: Called after each tick; True ends the drive.

    Returns:
        What came of it. A script that fails is counted, and doesn't end the drive.

    Raises:
        ValueError: `every` isn't positive.
        TownError: The town or the route doesn't exist.
        SimulatorError: The simulator can't start, or died.
        SandboxError: The sandbox of the agent's script failed.
    """
    if every < 1:
        raise ValueError(f"every must be at least 1, but got {every!r}.")
    begun = time.perf_counter()
    agent.reset()
    if expert is not None:
        expert.reset()
    simulator.reset(task, seed)
    truth = simulator.truth()
    criteria, pilot = Criteria(truth.route), Pilot()
    failures, errors, levels = Counter[str](), Counter[str](), Counter[str]()
    asked = agreed = ticks = 0
    stopped = False
    digest = hashlib.sha256()
    start = truth.observation.time
    while not (criteria.done or stopped):
        seen = truth.observation
        label = expert.act(seen, truth) if expert is not None and ticks % every == 0 else None
        decision = agent.act(seen, truth)
        if label is not None:
            asked += 1
            agreed += not decision.error and _agree(seen, decision, label)
        if decision.error:
            failures[decision.status or "exception"] += 1
            if len(errors) < _MOST_ERRORS or _last_line(decision.error) in errors:
                errors[_last_line(decision.error)] += 1
        levels[decision.level] += 1
        control = pilot.control(
            decision.level, decision.angle, seen.ego.speed, decision.target_speed
        )
        simulator.step(control)
        ticks += 1
        before, truth = truth, simulator.truth()
        _add(digest, truth.observation)
        events = criteria.update(truth)
        for name in criteria.leaving(truth.observation.time):
            simulator.remove(name)
        if on_tick is not None:
            stopped = bool(on_tick(Tick(before, decision, control, events, truth, label)))
    ended = criteria.events[-1].kind if criteria.done else "STOPPED"
    return Drive(
        task.name,
        seed,
        agent.name,
        ended,
        truth.route.length,
        ticks,
        truth.observation.time - start,
        tuple(criteria.events),
        criteria.score("strict"),
        criteria.score("at_fault"),
        dict(failures),
        dict(errors),
        dict(levels),
        agreed / asked if asked else None,
        asked,
        digest.hexdigest(),
        time.perf_counter() - begun,
    )


def _agree(seen: Observation, decision: Decision, label: Decision) -> bool:
    """Whether the agent wants what the expert does, by the same rule as recorded frames."""
    wanted = Answer(label.level, float(label.angle))
    wants = Answer(decision.level, float(decision.angle))
    return Frame(seen, wanted, wants, expert_speed=label.target_speed).agrees


_MOST_ERRORS = 8
_LONGEST = 200  # characters


def _last_line(error: str) -> str:
    return error.strip().rpartition("\n")[2][:_LONGEST]


def _add(digest: Any, seen: Observation) -> None:
    ego = seen.ego
    digest.update(_POSE.pack(*ego.pose, ego.speed))
    for box in seen.actors:
        digest.update(_POSE.pack(*box.pose, box.speed))
