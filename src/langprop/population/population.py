"""Population: the policies of a module, ranked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from langprop.population.policy import MAIN, Policy
from langprop.population.record import Record
from langprop.population.selection import Selection, checked
from langprop.scripts.script import Script

if TYPE_CHECKING:
    import numpy as np


class Population:
    """The policies of a module, best first after `truncate`.

    Args:
        weights: Weight of each named tracker in the priorities; those not named weigh 1.
        seed: Of the generator that settles ties.

    Attributes:
        policies: In no order until `truncate` ranks them.
        champion: The policy that did best on the validation set, kept even when it falls out of the
            ranking.
    """

    def __init__(self, weights: Mapping[str, float] | None = None, seed: int = 0) -> None:
        self.weights = dict(weights or {})
        self.policies: list[Policy] = []
        self.champion: Policy | None = None
        self._seed = seed
        self._rng: np.random.Generator | None = None

    @property
    def rng(self) -> np.random.Generator:
        """The generator that settles ties."""
        if self._rng is None:
            import numpy as np

            self._rng = np.random.default_rng(self._seed)
        return self._rng

    def seed(self, seed: int) -> None:
        """Restart the generator."""
        self._seed, self._rng = seed, None

    def __len__(self) -> int:
        return len(self.policies)

    def __contains__(self, script: object) -> bool:
        return isinstance(script, Script) and any(
            policy.id == script.id for policy in self.policies
        )

    def __getitem__(self, script_id: str) -> Policy:
        for policy in self.policies:
            if policy.id == script_id:
                return policy
        raise KeyError(f"no policy has the id {script_id!r}")

    @property
    def scripts(self) -> list[Script]:
        """The scripts, in the order of the policies."""
        return [policy.script for policy in self.policies]

    @property
    def best(self) -> Policy | None:
        """The best policy; None if there is none.

        The champion of the validations, where there were any; otherwise the best by priority among
        those with samples. Ties go to the one with more samples, then to the first.
        """
        if self.champion is not None or not self.policies:
            return self.champion
        return max(self.policies, key=lambda policy: (policy.rank, policy.weight))

    def crown(self, policy: Policy) -> None:
        """Compare a policy that was just validated with the champion."""
        champion = self.champion
        if policy.val_score is not None and (
            champion is None or champion.val_score is None or policy.val_score > champion.val_score
        ):
            self.champion = policy

    def add(self, scripts: Iterable[Script]) -> list[Policy]:
        """Add scripts that are not known yet, without samples; return the new policies."""
        known = {policy.id for policy in self.policies}
        added = []
        for script in scripts:
            if script.id not in known:
                known.add(script.id)
                added.append(Policy(script, self.weights))
        self.policies.extend(added)
        return added

    def tell(self, records: Mapping[str, Sequence[Record]], tracker: str = MAIN) -> None:
        """Give policies their records.

        Args:
            records: By script id, as `evaluate` returns them; ids that are not (or no more) here
                are passed over.
            tracker: Name of the tracker that the records go to.

        Raises:
            ValueError: A score isn't finite.
        """
        for policy in self.policies:
            if policy.id in records:
                policy.tell(records[policy.id], tracker)

    def truncate(self, capacity: int, selection: Selection | None = None) -> None:
        """Rank, and keep the `capacity` best, or those that a selection rule lets survive.

        Policies without samples rank last; ties are settled at random. What is kept stands best
        first, whatever the rule.

        Raises:
            ValueError: `capacity` is less than 1.
            ConfigError: The rule keeps too many, none, or what isn't here.
        """
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, but got {capacity!r}.")
        luck = self.rng.permutation(len(self.policies))
        order = sorted(
            range(len(self.policies)),
            key=lambda i: (self.policies[i].rank, luck[i]),
            reverse=True,
        )
        ranked = [self.policies[i] for i in order]
        if selection is None or not ranked:
            self.policies = ranked[:capacity]
            return
        survivors = checked(
            selection.survive(ranked, capacity, self.rng), ranked, capacity, f"{selection}.survive"
        )
        kept = {id(policy) for policy in survivors}
        self.policies = [policy for policy in ranked if id(policy) in kept]

    def decay(self, decay: float) -> None:
        """Fold the step into the past, in all policies.

        Raises:
            ValueError: `decay` is outside [0, 1].
        """
        for policy in self.policies:
            policy.decay(decay)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the sources, as JSON data."""
        return {
            "weights": self.weights,
            "rng": self.rng.bit_generator.state,
            "policies": [policy.state_dict() for policy in self.policies],
            "champion": self.champion.state_dict() if self.champion else None,
        }

    def load_state_dict(self, state: dict[str, Any], sources: Mapping[str, str]) -> None:
        """Restore a saved population.

        Args:
            state: From `state_dict`.
            sources: Source of each script, by id.

        Raises:
            KeyError: A source is missing.
        """
        self.weights = dict(state["weights"])
        self.rng.bit_generator.state = state["rng"]
        self.policies = [
            Policy.from_state_dict(policy, sources[policy["id"]]) for policy in state["policies"]
        ]
        champion = state["champion"]
        self.champion = None
        if champion is not None:
            known = {policy.id: policy for policy in self.policies}
            self.champion = known.get(champion["id"]) or Policy.from_state_dict(
                champion, sources[champion["id"]]
            )
