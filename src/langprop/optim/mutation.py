"""MutationOptimizer: writes scripts by random edits, without a language model."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from langprop.errors import ScriptError
from langprop.numbers import share, whole_or_none
from langprop.optim.optimizer import Optimizer
from langprop.population.selection import Chooser, Selection, as_selection
from langprop.scripts.script import Script

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.optim.answer import Written
    from langprop.population.policy import Policy
    from langprop.scripts.mutation.example import Example

_TRIES = 8  # draws of a child until it is a new one
_REMEMBERED = 4096  # scripts that aren't written again
_DIGITS = 8  # of an id are remembered: enough to tell scripts apart, and half the checkpoint
_SEEDED = 0.3  # share of the fresh scripts that is left where a seed is being improved
_FULL = 30  # [updates] without progress until the share of fresh scripts is at its highest


class MutationOptimizer(Optimizer):
    """Writes scripts by typed random edits, and judges them by nothing but their scores.

    The embedded default, and the baseline that a language model has to beat. The first scripts are
    the module's seed scripts, or random bodies for its stub. A step draws parents by tournament,
    edits each into its children, and lets the best of both survive (an evolution strategy with
    "plus" selection). Ties go to either, so that a population drifts over plateaus. While nothing
    improves, more and more of the children are written from scratch.

    Args:
        n_parents: Parents drawn in a step.
        n_children: Children of each parent.
        capacity: Policies kept at the ranking.
        decay: What is left of the past's weight after a step, in [0, 1].
        n_first: First scripts; None for `n_parents * n_children`.
        crossover: Probability that a child has a second parent, in [0, 1].
        fresh: Share of the children that are written from scratch, in [0, 1]; from a seed script,
            by several edits.
        fresh_stuck: The same when there was no progress for many updates.
        tournament: Policies that are drawn for one parent; the best of them becomes it. With a
            selection rule, second parents only are chosen so.
        selection: Rule that chooses the parents, and perhaps who survives: "pareto", "confident" or
            another name of one, or a `Selection`; None for tournaments, in which the best survive.
        max_size: Expressions and statements in a script, beyond which growing becomes rare; at
            least half more than the largest seed script is always allowed.

    Raises:
        ValueError: A number is out of range.
        ConfigError: There is no such selection rule, or it doesn't go with the numbers.
    """

    name = "mutation"

    def __init__(
        self,
        *,
        n_parents: int = 8,
        n_children: int = 4,
        capacity: int = 8,
        decay: float = 0.9,
        n_first: int | None = None,
        crossover: float = 0.15,
        fresh: float = 0.3,
        fresh_stuck: float = 0.8,
        tournament: int = 2,
        max_size: int = 120,
        selection: Selection | Chooser | str | None = None,
    ) -> None:
        super().__init__(n_parents=n_parents, n_children=n_children, capacity=capacity, decay=decay)
        for name, value in (
            ("crossover", crossover),
            ("fresh", fresh),
            ("fresh_stuck", fresh_stuck),
        ):
            share(name, value)
        for name, count in (
            ("n_first", n_first),
            ("tournament", tournament),
            ("max_size", max_size),
        ):
            whole_or_none(name, count)
        self.selection = None if selection is None else as_selection(selection)
        if self.selection is not None:
            self.selection.check(n_parents=n_parents, capacity=capacity)
        self.survivors = capacity
        self.n_first = n_first or n_parents * n_children
        self.crossover = crossover
        self.fresh, self.fresh_stuck = fresh, max(fresh, fresh_stuck)
        self.tournament = tournament
        self.max_size = max_size
        self._seen: dict[str, None] = {}  # the newest last
        # By entry point: the best priority, and updates since it rose. Modules that are trained
        # together are improved one by one.
        self._progress: dict[str, tuple[float, int]] = {}

    def seed(self, seed: int) -> None:
        """Restart the generator, and forget what was written."""
        super().seed(seed)
        self._seen, self._progress = {}, {}
        if self.selection is not None:
            self.selection.reset()

    # The two methods

    def setup(self, module: Module) -> list[Script]:
        """Write the first scripts: the seeds and edits of them, or random bodies of the stub."""
        first = [Script(source, module.entry_point, origin="seed") for source in module.seeds]
        self.workshop.identify(first)
        for script in first:
            self._is_new(script)
        return first + self._distinct(
            self.n_first - len(first), partial(self._from_scratch, module)
        )

    def update(self, module: Module) -> list[Script]:
        """Draw parents from the population and write their children."""
        policies = module.population.policies
        if not policies:
            return self.setup(module)
        for policy in policies:
            self._is_new(policy.script)
        stuck = self._watch(module.entry_point, policies)
        share = self.fresh + (self.fresh_stuck - self.fresh) * min(1.0, stuck / _FULL)
        share *= _SEEDED if module.seeds else 1.0
        size = self._max_size(module)
        children: list[Script] = []
        for parent in self._parents(policies):
            count = self.n_children
            scratch = int(self.rng.binomial(count, share))
            children += self._distinct(scratch, partial(self._from_scratch, module))
            children += self._distinct(count - scratch, partial(self._child, module, parent, size))
        return children

    # Writing

    def _distinct(self, count: int, write: Callable[[], Script | None]) -> list[Script]:
        """Scripts that weren't written before. Where nothing new turns up there are fewer."""
        scripts = []
        for _ in range(count):
            for _ in range(_TRIES):
                script = write()
                if script is not None and self._is_new(script):
                    scripts.append(script)
                    break
        return scripts

    def _from_scratch(self, module: Module) -> Script | None:
        """A script that owes nothing to the population."""
        name, example = module.entry_point, _example(module)
        try:
            if not module.seeds:
                body = self.workshop.random_body(module.stub, name, self._draw(), example)
                return Script(body.source, name, origin="mutation:random", id=body.id)
            seed = module.seeds[int(self.rng.integers(len(module.seeds)))]
            edits = int(self.rng.integers(1, 4))
            child = self.workshop.mutate(seed, name, self._draw(), example=example, edits=edits)
        except ScriptError:
            return None
        return _script(child, name, self.workshop.content_id(seed, name))

    def _child(self, module: Module, parent: Policy, max_size: int) -> Script | None:
        """An edit of a policy's script, perhaps with a part of another one's."""
        policies = module.population.policies
        donor = None
        if len(policies) > 1 and self.rng.random() < self.crossover:
            other = self._parent(policies)
            donor = other.script if other is not parent else None
        try:
            child = self.workshop.mutate(
                parent.script.source,
                module.entry_point,
                self._draw(),
                donor.source if donor else None,
                example=_example(module),
                max_size=max_size,
            )
        except ScriptError:
            return None
        return _script(child, module.entry_point, parent.id, donor.id if donor else None)

    def _max_size(self, module: Module) -> int:
        """Size beyond which growing becomes rare."""
        sizes = [self.max_size]
        for seed in module.seeds:
            with contextlib.suppress(ScriptError):  # it can't be edited, but it can be run
                sizes.append(int(1.5 * self.workshop.size(seed, module.entry_point)))
        return max(sizes)

    def _draw(self) -> int:
        """A seed for one piece of work: the workshop has no part in this generator."""
        return int(self.rng.integers(1 << 63))

    def _parents(self, policies: list[Policy]) -> list[Policy]:
        if self.selection is not None:
            return self.selection(policies, self.n_parents, self.rng)
        return [self._parent(policies) for _ in range(self.n_parents)]

    def _parent(self, policies: list[Policy]) -> Policy:
        """The best of some that are drawn; policies come best first."""
        return policies[min(int(self.rng.integers(len(policies))) for _ in range(self.tournament))]

    # Memory

    def _is_new(self, script: Script) -> bool:
        """Whether a script wasn't written before; remembers it."""
        key = script.id[:_DIGITS]
        new = key not in self._seen
        self._seen.pop(key, None)
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return new

    def _watch(self, name: str, policies: list[Policy]) -> int:
        """Count a module's updates without progress."""
        best = max(policy.priority for policy in policies)
        before, stuck = self._progress.get(name, (None, 0))
        rose = before is None or best > before + 1e-9 * max(1.0, abs(before))
        self._progress[name] = (best, 0) if before is None or rose else (before, stuck + 1)
        return self._progress[name][1]

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next step depends on, as plain JSON data."""
        seen = "".join(self._seen)
        rule = {} if self.selection is None else {"selection": self.selection.state_dict()}
        memory = {"seen": seen, "progress": self._progress}
        return {**super().state_dict(), **memory, **rule}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved state."""
        super().load_state_dict(state)
        seen = state["seen"]
        self._seen = {seen[start : start + _DIGITS]: None for start in range(0, len(seen), _DIGITS)}
        progress = state.get("progress", {})  # older checkpoints have none by name
        self._progress = {name: (best, stuck) for name, (best, stuck) in progress.items()}
        if self.selection is not None:
            self.selection.load_state_dict(state.get("selection", {}))

    def settings(self) -> dict[str, Any]:
        """As for every optimizer, with the rule."""
        rule = {} if self.selection is None else {"selection": self.selection.settings()}
        return {**super().settings(), **rule}


def _example(module: Module) -> Example | None:
    """Arguments of one call, which tell the kinds of parameters without annotations."""
    return (module.example.args, module.example.kwargs) if module.example is not None else None


def _script(child: Written, entry_point: str, parent: str, donor: str | None = None) -> Script:
    origin = "mutation:" + "+".join(child.operators)
    return Script(child.source, entry_point, parent, donor, origin, child.id)
