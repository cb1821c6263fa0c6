"""Policy: a script and what is known of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from langprop.population.record import Record
from langprop.population.tracker import Objective, Tracker, check_finite
from langprop.scripts.script import Script

MAIN = "main"
"""Name of the tracker that is used unless another is named."""


class Policy:
    """A script and what is known of it.

    Args:
        script: The code.
        weights: Weight of each named tracker in the priority; trackers not named here weigh 1.

    Attributes:
        trackers: By name; the usual one is "main".
        objectives: Where scores consist of several objectives, what is known of each, by name; told
            with the records of whatever tracker. Their weighted sum is the score, so they are no
            part of the priority.
        notes: What selection rules remember of it, by rule; plain JSON data, saved with it.
        val_score: Mean score on the validation set, if it was validated.
        val_stderr: Standard error of it.
        val_scores: Mean of each objective there; empty for a score that is one number.
    """

    def __init__(self, script: Script, weights: Mapping[str, float] | None = None) -> None:
        self.script = script
        self.weights = dict(weights or {})
        self.trackers: dict[str, Tracker] = {MAIN: Tracker()}
        self.objectives: dict[str, Objective] = {}
        self.notes: dict[str, Any] = {}
        self.val_score: float | None = None
        self.val_stderr = 0.0
        self.val_scores: dict[str, float] = {}

    @property
    def id(self) -> str:
        """The script's id."""
        return self.script.id

    @property
    def priority(self) -> float:
        """Weighted sum of the trackers' priorities; 0 if nothing is known."""
        return sum(
            self.weights.get(name, 1.0) * tracker.priority
            for name, tracker in self.trackers.items()
        )

    @property
    def stderr(self) -> float:
        """Standard error of the priority; infinite while too little is known.

        Trackers judge the same samples, so their errors may go together: this is their weighted
        sum, the most that the error of the sum can be.
        """
        told = {name: tracker for name, tracker in self.trackers.items() if tracker.weight}
        if not told:
            return math.inf
        weights = {name: abs(self.weights.get(name, 1.0)) for name in told}
        return sum(weights[name] * told[name].stderr for name in told if weights[name])

    @property
    def effective(self) -> float:
        """Number of samples with equal weights whose mean would be as sure as the priority."""
        told = [tracker.moments for tracker in self.trackers.values() if tracker.weight]
        return min((moments.effective for moments in told), default=0.0)

    @property
    def avg_score(self) -> float:
        """Weighted sum of the trackers' mean scores in this step; 0 without samples."""
        return sum(
            self.weights.get(name, 1.0) * tracker.avg_score
            for name, tracker in self.trackers.items()
        )

    @property
    def weight(self) -> float:
        """Samples that the priority rests on."""
        return max(tracker.weight for tracker in self.trackers.values())

    @property
    def rank(self) -> tuple[bool, float]:
        """What policies are compared by, the larger the better: those without samples come last."""
        return self.weight > 0, self.priority

    @property
    def judged(self) -> Tracker:
        """The main tracker, or the first one that has records of this step."""
        if self.trackers[MAIN].records:
            return self.trackers[MAIN]
        return next((t for t in self.trackers.values() if t.records), self.trackers[MAIN])

    @property
    def records(self) -> list[Record]:
        """This step's records of all trackers."""
        return [record for tracker in self.trackers.values() for record in tracker.records]

    def tell(self, records: Iterable[Record], tracker: str = MAIN) -> None:
        """Append records to a tracker, which is made if it is new, and tell the objectives.

        Raises:
            ValueError: A score isn't finite; none is told then.
        """
        new = list(records)
        parts: dict[str, list[float]] = {}
        for record in new:
            if record.scores:
                for name, value in record.scores.items():
                    parts.setdefault(name, []).append(value)
        for values in parts.values():
            check_finite(values)
        self.trackers.setdefault(tracker, Tracker()).tell(new)
        if parts:
            weights = new[-1].weights
            for name, values in parts.items():
                objective = self.objectives.setdefault(name, Objective())
                objective.factor = weights.get(name, objective.factor)
                objective.tell_scores(values)

    def decay(self, decay: float) -> None:
        """Fold the step into the past, in all trackers and objectives."""
        for tracker in (*self.trackers.values(), *self.objectives.values()):
            tracker.decay(decay)

    def state_dict(self) -> dict[str, Any]:
        """All but the source, as JSON data."""
        script = self.script
        optional = {  # left out where there is nothing, so that most checkpoints stay as they were
            "notes": self.notes,
            "objectives": {name: each.state_dict() for name, each in self.objectives.items()},
            "val_scores": self.val_scores,
        }
        return {
            "id": script.id,
            "entry_point": script.entry_point,
            "parent": script.parent,
            "donor": script.donor,
            "origin": script.origin,
            "val_score": self.val_score,
            "val_stderr": self.val_stderr,
            "weights": self.weights,
            **{name: value for name, value in optional.items() if value},
            "trackers": {name: tracker.state_dict() for name, tracker in self.trackers.items()},
        }

    @classmethod
    def from_state_dict(cls, state: dict[str, Any], source: str) -> Policy:
        """Restore a policy; the source is kept beside the checkpoint, as a `.py` file.

        Raises:
            KeyError: Something is missing.
            ValueError: The id is missing: it isn't computed here, since nobody knows who wrote the
                source.
        """
        if not (isinstance(state["id"], str) and state["id"]):
            raise ValueError(f"a policy needs an id, but got {state['id']!r}")
        script = Script(
            source,
            state["entry_point"],
            parent=state["parent"],
            donor=state["donor"],
            origin=state["origin"],
            id=state["id"],
        )
        policy = cls(script, state["weights"])
        policy.val_score = state["val_score"]
        policy.val_stderr = float(state.get("val_stderr", 0.0))
        policy.val_scores = dict(state.get("val_scores", {}))
        policy.notes = dict(state.get("notes", {}))
        policy.trackers = {name: Tracker() for name in state["trackers"]}
        for name, tracker in policy.trackers.items():
            tracker.load_state_dict(state["trackers"][name])
        for name, saved in state.get("objectives", {}).items():
            policy.objectives[name] = Objective()
            policy.objectives[name].load_state_dict(saved)
        return policy

    def __repr__(self) -> str:
        return f"<Policy {self.id} priority={self.priority:.6g} weight={self.weight:.6g}>"
