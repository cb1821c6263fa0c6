"""Islands: several populations in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from langprop.errors import ConfigError
from langprop.population.selection import Chooser, Selection, as_selection

if TYPE_CHECKING:
    import numpy as np

    from langprop.population.policy import Policy

_NOTE = "islands"


class Islands(Selection):
    """Several populations in one, which take turns, with migration between neighbours.

    Each island keeps its own best policies, so that one early success doesn't replace all other
    ideas. Children live where their parent was chosen; scripts without a parent go to the island
    with the fewest, and an island without any takes the next one that comes. Every `interval` steps
    the best of each island comes to the next one, too, and that of the last to the first. Places
    that an island can't fill are lent to the others.

    Where a policy lives is in `policy.notes["islands"]`.

    Args:
        count: Number of islands.
        interval: Steps between migrations.
        within: Rule that chooses a parent on its island: a name, a function or a `Selection`.

    Raises:
        ValueError: A number is less than 1.
        ConfigError: There is no such rule.

    Source: the distributed genetic algorithm of Tanese 1989, with a ring of islands.
    """

    name = "islands"

    def __init__(
        self,
        count: int = 3,
        *,
        interval: int = 10,
        within: Selection | Chooser | str = "top_k",
    ) -> None:
        for name, value in (("count", count), ("interval", interval)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, but got {value!r}.")
        self.count = count
        self.interval = interval
        self.within: Selection = as_selection(within)
        self._steps: dict[str, int] = {}  # of each module, by its entry point

    def check(self, *, n_parents: int, capacity: int) -> None:
        """See whether there is room for one policy on each island.

        Raises:
            ConfigError: There isn't.
        """
        if capacity < self.count:
            raise ConfigError(
                f"{self.count} islands need room for as many policies, but capacity={capacity}: "
                f"write capacity={self.count} or more, or fewer islands."
            )
        super().check(n_parents=n_parents, capacity=capacity)

    def choose(self, policies: Sequence[Policy], k: int, rng: np.random.Generator) -> list[Policy]:
        """Parents of the islands in turn; the next step goes on with the next island."""
        self._settle(policies)
        name = policies[0].script.entry_point
        step = self._steps.get(name, 0)
        self._steps[name] = step + 1
        if step and step % self.interval == 0:
            self._migrate(policies)
        chosen: list[Policy] = []
        turn, idle = step * k, 0
        while len(chosen) < k and idle < self.count:
            island = turn % self.count
            turn += 1
            here = [
                policy
                for policy in policies
                if island in home(policy) and not any(policy is other for other in chosen)
            ]
            if not here:
                idle += 1
                continue
            idle = 0
            (parent,) = self.within(here, 1, rng)
            parent.notes[_NOTE]["breeds"] = island
            chosen.append(parent)
        return chosen

    def survive(
        self, policies: Sequence[Policy], capacity: int, rng: np.random.Generator
    ) -> list[Policy]:
        """The best of each island."""
        del rng
        self._settle(policies)
        ordered = sorted(  # where there isn't room for all, the islands with the best come first
            (_members(policies, island) for island in range(self.count)),
            key=lambda found: policies.index(found[1][0]) if found[1] else len(policies),
        )
        kept: dict[int, list[int]] = {}  # id of a policy that stays → the islands that keep it
        for place, (island, here) in enumerate(ordered):
            share = capacity // self.count + (place < capacity % self.count)
            for policy in here[:share]:
                kept.setdefault(id(policy), []).append(island)
        waiting = [
            (island, [policy for policy in here if id(policy) not in kept])
            for island, here in ordered
        ]
        while len(kept) < capacity and any(here for _, here in waiting):
            for island, here in waiting:
                while here and id(here[0]) in kept:
                    here.pop(0)
                if here and len(kept) < capacity:
                    kept[id(here.pop(0))] = [island]
        survivors = [policy for policy in policies if id(policy) in kept]
        for policy in survivors:
            policy.notes[_NOTE]["on"] = sorted(kept[id(policy)])
        return survivors

    def reset(self) -> None:
        """Forget what was: a new run begins."""
        super().reset()
        self._steps = {}

    def state_dict(self) -> dict[str, Any]:
        """The steps of each module."""
        return {**super().state_dict(), "steps": dict(self._steps)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved state."""
        super().load_state_dict(state)
        self._steps = {str(name): int(steps) for name, steps in state.get("steps", {}).items()}

    def _settle(self, policies: Sequence[Policy]) -> None:
        """Give a home to the policies that have none on these islands."""
        homeless = []
        people = dict.fromkeys(range(self.count), 0)
        for policy in policies:
            on = [island for island in home(policy) if island < self.count]
            if on:
                policy.notes[_NOTE]["on"] = on
            else:
                homeless.append(policy)
            for island in on:
                people[island] += 1
        parents = {policy.id: policy for policy in policies}
        for policy in homeless:
            fewest = min(people, key=lambda island: (people[island], island))
            born = _birthplace(parents.get(policy.script.parent or ""))
            island = fewest if born is None or born >= self.count or not people[fewest] else born
            policy.notes[_NOTE] = {"on": [island]}
            people[island] += 1

    def _migrate(self, policies: Sequence[Policy]) -> None:
        """The best of each island comes to the next one, too."""
        bests = {
            island: here[0]
            for island, here in (_members(policies, island) for island in range(self.count))
            if here
        }
        for island, best in bests.items():
            on = {*home(best), (island + 1) % self.count}
            best.notes[_NOTE]["on"] = sorted(on)


def home(policy: Policy) -> list[int]:
    """The islands that a policy lives on, by number from 0; empty if it has none yet."""
    note = policy.notes.get(_NOTE)
    on = note.get("on") if isinstance(note, dict) else None
    return [island for island in on if _is_number(island)] if isinstance(on, list) else []


def _members(policies: Sequence[Policy], island: int) -> tuple[int, list[Policy]]:
    return island, [policy for policy in policies if island in home(policy)]


def _birthplace(parent: Policy | None) -> int | None:
    """Where children of a policy live: where it was chosen last."""
    if parent is None or not home(parent):
        return None
    born = parent.notes[_NOTE].get("breeds")
    return born if _is_number(born) else home(parent)[0]


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
