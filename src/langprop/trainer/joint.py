"""Joint: modules that call each other, trained together."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from langprop.errors import CheckpointError
from langprop.evaluation import Batch, evaluate, evaluate_within
from langprop.population.record import Record
from langprop.scripts.script import Script
from langprop.trainer.depends import trained
from langprop.trainer.figures import step_figures
from langprop.trainer.received import pack, received_example, unpack
from langprop.trainer.step import fold, take_step
from langprop.trainer.writing import first_scripts, identify

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.population.policy import Policy
    from langprop.trainer.report import Report
    from langprop.trainer.trainer import Trainer


class Joint:
    """Modules that call each other, trained together: one after the other, each within the whole.

    The whole is the module that the trainer was given (the top), with those that it calls, directly
    or not. Every module that isn't frozen has a population of its own. Its scripts are judged in
    place: the top runs on the samples with the script, and with the leader of each other module.
    The leader is the best policy by training priority; one that is as good doesn't replace it.

    Priorities that were found within another whole can't be compared with those found now, so a
    module forgets the past when the leader of another one has changed since.

    Args:
        trainer: Takes the steps.
        module: The top.

    Attributes:
        top: As given.
        modules: Those that are trained: what is called stands before what calls it, where that can
            be; the top is the last one, unless it is frozen.

    Raises:
        ModuleError: All are frozen, one can't be used, or a frozen one has no script.

    Source: Ishida et al. 2024, modules that are trained on the calls that they received.
    """

    def __init__(self, trainer: Trainer, module: Module) -> None:
        self.trainer, self.top = trainer, module
        self.modules = trained(module)
        self._all = [*self.modules, *([module] if module.frozen else [])]
        self._others = [each for each in self.modules if each is not module]
        self._contexts: dict[str, str] = {}  # in which a module's priorities were found, by name
        self._validated: dict[str, str] = {}  # with which others a policy of the top was, by id
        self._uncrown()

    # The whole

    def best(self) -> dict[str, Script]:
        """The leaders' scripts of all trained modules that have any, by entry point."""
        return {
            module.entry_point: _leader(module).script
            for module in self.modules
            if len(module.population)
        }

    @property
    def ready(self) -> bool:
        """Whether all modules have scripts."""
        return all(len(module.population) for module in self._all)

    def setup(self) -> bool:
        """Write the first scripts of modules that have none; whether there were such."""
        missing = [module for module in self._all if not len(module.population)]
        for module in self._all:
            identify(self.trainer, module)
        with self._together():
            for module in missing:
                if module.frozen:  # the top, then: of the others, the seed is used as it is
                    scripts = [Script(module.seeds[0], module.entry_point, origin="seed")]
                    self.trainer.workshop.identify(scripts)
                else:
                    scripts = first_scripts(self.trainer, module)
                module.population.add(scripts)
        return bool(missing)

    def evaluate(
        self, module: Module, scripts: Sequence[Script], batch: Batch, caller: Module | None = None
    ) -> dict[str, list[Record]]:
        """Judge scripts of a module within the whole, on samples of the top.

        Args:
            module: The module.
            scripts: Scripts of it.
            batch: The samples.
            caller: The top, unless it is the module itself.
        """
        how: dict[str, Any] = {
            "executor": self.trainer.executor,
            "limits": self.trainer.limits,
            "watch": self.trainer.allowance.watch,
            "best": self.best(),
        }
        if caller is None:
            return evaluate(module, scripts, batch, **how)
        return evaluate_within(caller, _leader(caller).script, module, scripts, batch, **how)

    # A step

    def step(self, batch: Batch) -> list[Policy]:
        """One training step of each module; returns the new policies.

        Raises:
            OutOfTime: The deadline has passed.
            OutOfBudget: The budget doesn't cover it.
        """
        children: list[Policy] = []
        with self._together():
            for module in self.modules:
                leader = _leader(module)
                caller = None if module is self.top else self.top
                children += take_step(self.trainer, module, batch, caller)
                self._keep(module, leader)
            if self.top.frozen:
                self._judge_top(batch)
        return children

    def told(self, module: Module, records: Mapping[str, Sequence[Record]]) -> bool:
        """Learn how a module's policies did in this step, before they are told.

        Returns:
            Whether any sample called the module: otherwise nothing is known of it, and its
            population stays as it is.
        """
        samples = max(map(len, records.values()), default=0)
        name = module.entry_point
        if module is not self.top:
            self.trainer.metrics[f"{name}/samples"] = samples
        if not samples:
            return False
        context = self._context(module)
        if self._contexts.get(name) != context:
            module.population.decay(0.0)
            self._contexts[name] = context
        if module.example is None and module is not self.top:
            module.example = received_example(records)
        return True

    def end_step(self) -> bool:
        """Fold what was seen of a step that was broken off into the past.

        Returns:
            Whether there is another whole than that which was validated last.
        """
        for module in self._others:
            fold(module, self.trainer.optimizer.decay)
        return self.unvalidated(_leader(self.top))

    def _judge_top(self, batch: Batch) -> None:
        """The figures of a top that stays as it is."""
        population, decay = self.top.population, self.trainer.optimizer.decay
        records = self.trainer.evaluate(self.top, population.scripts, batch)
        self.told(self.top, records)
        population.tell(records)
        self.trainer.measured(self.top, [])
        population.decay(decay)

    def _keep(self, module: Module, leader: Policy) -> None:
        """See that the leader stays if none is better.

        Ties are settled at random, and to replace it would change the whole for nothing.
        """
        policies = module.population.policies
        best = max(policy.rank for policy in policies)
        if leader.rank < best:
            return
        if leader in policies:
            rest = [policy for policy in policies if policy is not leader]
        else:
            leader.decay(self.trainer.optimizer.decay)
            rest = policies[:-1]
        module.population.policies = [leader, *rest]

    def _context(self, module: Module) -> str:
        """What a module is judged within: the leaders of all others."""
        return " ".join(_leader(other).id for other in self._all if other is not module)

    @contextlib.contextmanager
    def _together(self) -> Iterator[None]:
        """The modules know what they are judged within: what is said to a model depends on it."""
        for module in self._all:
            module.within = self.top
        try:
            yield
        finally:
            for module in self._all:
                module.within = None

    # Validation

    def unvalidated(self, policy: Policy) -> bool:
        """Whether a policy of the top wasn't validated with these leaders of the others."""
        return self._validated.get(policy.id) != self._context(self.top)

    def crown(self, policy: Policy, report: Report) -> None:
        """Compare a whole that was just validated with the best one so far.

        Args:
            policy: Of the top.
            report: How it did, with the leaders of the others.
        """
        known = {each.id for each in self.top.population.policies} | {policy.id}
        self._validated = {name: at for name, at in self._validated.items() if name in known}
        self._validated[policy.id] = self._context(self.top)
        champion = self.top.population.champion
        if champion is None or champion.val_score is None or report.score > champion.val_score:
            for module in self._others:
                module.population.champion = _noted(_leader(module), report)
            self.top.population.champion = _noted(policy, report)
        elif policy is not champion:  # whose figures are those of the best whole
            _noted(policy, report)

    def _uncrown(self) -> None:
        """What was validated by itself, or within another whole, wasn't within this one."""
        for module in self._all:
            population = module.population
            champion, population.champion = population.champion, None
            if champion is not None and champion not in population.policies:
                population.policies = [*population.policies, champion]
            for policy in population.policies:
                policy.val_score, policy.val_stderr, policy.val_scores = None, 0.0, {}

    # State

    def state_dict(self) -> dict[str, Any]:
        """The modules that the top calls, as JSON data without the sources."""
        others = self._others
        return {
            "modules": [module.state_dict() for module in others],
            "examples": {
                module.entry_point: pack(module.example)
                for module in others
                if module.example is not None
            },
            "contexts": self._contexts,
            "validated": self._validated,
        }

    def load_state_dict(self, state: Mapping[str, Any], sources: Mapping[str, str]) -> None:
        """Continue from a saved state, given the source of each script by id.

        Raises:
            CheckpointError: Other modules were trained.
        """
        others = self._others
        names = [module.entry_point for module in others]
        saved = [str(each["entry_point"]) for each in state["modules"]]
        if names != saved:
            raise CheckpointError(
                f"the run trained {', '.join(saved) or 'no other module'} together with "
                f"{self.top.entry_point!r}, but now it would be {', '.join(names) or 'none'}: "
                "resume it with the modules, and those of them frozen, that it was begun with."
            )
        for module, each in zip(others, state["modules"], strict=True):
            module.load_state_dict(each, sources)
            packed = state["examples"].get(module.entry_point)
            module.example = None if packed is None else unpack(packed)
        self._contexts = dict(state["contexts"])
        self._validated = dict(state["validated"])


def part_figures(module: Module, children: Sequence[Policy]) -> dict[str, float]:
    """The figures of a step of a module that is trained within another one, by its name."""
    figures = step_figures(module.population.policies, children)
    names = ("train/best", "train/mean", "policies", "children")
    return {f"{module.entry_point}/{name}": figures[name] for name in names}


def _leader(module: Module) -> Policy:
    """The best policy by training priority: that of validation may be from long ago."""
    return max(module.population.policies, key=lambda policy: (policy.rank, policy.weight))


def _noted(policy: Policy, report: Report) -> Policy:
    policy.val_score, policy.val_stderr = report.score, report.stderr
    policy.val_scores = report.scores
    return policy
