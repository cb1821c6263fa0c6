"""LLMOptimizer: a language model writes the scripts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from langprop.errors import ConfigError, OutOfBudget, ReplyError
from langprop.llms.account import check_price
from langprop.llms.base import LLM, Reply, Usage
from langprop.llms.callable import CallableLLM
from langprop.llms.pool import close_unused
from langprop.llms.secrets import redacted
from langprop.numbers import share, whole
from langprop.optim.ahead import ahead
from langprop.optim.attempts import note_attempts
from langprop.optim.choice import Feedback, check_feedback
from langprop.optim.dialogue import Dialogue
from langprop.optim.dialogues import Dialogues, Result
from langprop.optim.estimate import expected_usage
from langprop.optim.feedback import crossover_variables, setup_variables, update_variables
from langprop.optim.optimizer import Optimizer
from langprop.optim.statistics import ReplyStatistics
from langprop.population.selection import Chooser, Selection, as_selection
from langprop.prompts.message import Message
from langprop.prompts.prompts import Prompts
from langprop.registry import resolve
from langprop.scripts.script import Script

if TYPE_CHECKING:
    from langprop.llms.budget import Budget
    from langprop.modules.module import Module
    from langprop.optim.optimizer import Placed
    from langprop.population.policy import Policy

Edit = Literal["search_replace"]
EDITS = ("search_replace",)

_DIGITS = 12  # of an id are remembered: enough to tell scripts apart
_REMEMBERED = 20_000  # scripts that aren't evaluated again


class LLMOptimizer(Optimizer):
    """A language model writes the scripts.

    Args:
        llm: The model: an `LLM`, a short name such as "openai:gpt-5-mini", or a function that
            takes the messages and returns text.
        n_parents: Parents chosen in a step.
        n_children: Children of each parent. All requests of a step are in flight together.
        capacity: Policies kept at the ranking.
        decay: What is left of the past's weight after a step, in [0, 1].
        n_setup: First scripts asked for; by default `n_parents · n_children`.
        attempts: Requests for one script at the most: a reply that holds no usable script is sent
            back with the reason. 1 asks only once.
        continuations: Times that a model which was cut off at its limit of tokens is asked to go
            on, beside the attempts.
        concurrency: Requests in flight at a time.
        selection: Rule that chooses the parents, and perhaps who survives: a name ("top_k" is the
            paper's), a `Selection`, or a function `(policies, k, rng) -> policies`.
        feedback: What the model is shown of a parent: "worst" (one of its worst samples, as in the
            paper), "diverse" (failures that differ), "contrast" (a failure beside a success), or a
            function `(records, rng) -> records`.
        crossover: Probability that a child has a second parent, in [0, 1].
        edit: "search_replace" asks for edits of the parent instead of whole scripts: cheaper for
            long ones.

    Attributes:
        llm: The model.
        statistics: What became of the requests so far.
        account: What was spent so far.
        cassette: Where exchanges are recorded; a trainer gives one of its run.

    Raises:
        ValueError: A number is out of range.
        UnknownName: The short name is in no table.
        LLMAuthError: There is no key for the model.
    """

    selection: Selection
    _held: Dialogues | None = None  # the conversations of this step

    def __init__(
        self,
        llm: LLM | str | Callable[[list[Message]], str | Reply],
        *,
        n_parents: int = 3,
        n_children: int = 2,
        capacity: int = 4,
        decay: float = 0.9,
        n_setup: int | None = None,
        attempts: int = 2,
        continuations: int = 2,
        concurrency: int = 32,
        selection: Selection | Chooser | str = "top_k",
        feedback: Feedback = "worst",
        crossover: float = 0.0,
        edit: Edit | None = None,
    ) -> None:
        super().__init__(n_parents=n_parents, n_children=n_children, capacity=capacity, decay=decay)
        n_setup = n_parents * n_children if n_setup is None else n_setup
        for name, value, least in (
            ("n_setup", n_setup, 1),
            ("attempts", attempts, 1),
            ("continuations", continuations, 0),
            ("concurrency", concurrency, 1),
        ):
            whole(name, value, least)
        share("crossover", crossover)
        if edit not in (None, *EDITS):
            raise ConfigError(f"edit must be None or {EDITS[0]!r}, but got {edit!r}.")
        self.n_setup = n_setup
        self.attempts = attempts
        self.continuations = continuations
        self.concurrency = concurrency
        self.selection = as_selection(selection)
        self.selection.check(n_parents=n_parents, capacity=capacity)
        self.feedback = check_feedback(feedback)
        self.crossover = crossover
        self.edit = edit
        self.statistics = ReplyStatistics()
        self.llm = _as_llm(llm)
        self.name = self.llm.name
        self._step = 0
        self._seen: dict[str, None] = {}  # the newest last
        self._results: list[Result] = []  # of this step
        # Load numpy and the template engine now: the first step shall wait for the model alone.
        self.seed(0)
        Prompts.default()

    def seed(self, seed: int) -> None:
        """Restart the generators, and forget what was written."""
        super().seed(seed)
        self.llm.seed(seed)
        self.selection.reset()
        self._step, self._seen = 0, {}

    # The two methods, at once and as replies come

    def setup(self, module: Module) -> list[Script]:
        """The module's seeds; or, if there are none, what the model makes of the specification.

        Raises:
            LLMError: No request was answered.
            ReplyError: No reply held a usable script; says why.
            OutOfBudget: The budget doesn't cover a request.
            TemplateError: The setup prompt can't be rendered.
        """
        return _in_order(self._groups(module, self._setup_dialogues(module), setup=True))

    def stream_setup(self, module: Module) -> Iterator[list[Placed]]:
        """As `setup`, but scripts are handed over as replies come."""
        return self._stream(module, self._setup_dialogues(module), setup=True)

    def update(self, module: Module) -> list[Script]:
        """Children of the best policies, in the order in which they were asked for.

        Raises:
            LLMError: No request was answered.
            OutOfBudget: The budget doesn't cover a request.
            TemplateError: The update prompt can't be rendered.
        """
        return _in_order(self._groups(module, self._update_dialogues(module)))

    def stream_update(self, module: Module) -> Iterator[list[Placed]]:
        """As `update`, but children are handed over as replies come."""
        return self._stream(module, self._update_dialogues(module))

    def check_budget(self, budget: Budget) -> None:
        """See that a budget can be kept.

        Raises:
            ConfigError: It is in money, and the price of the model isn't known.
        """
        check_price(self.llm, budget)

    def expected_usage(self, module: Module, steps: int) -> Usage:
        """What so many steps are likely to use, if every reply is usable at once."""
        first = 0 if module.seeds or len(module.population) else self.n_setup
        updates = steps * self.n_parents * self.n_children
        return expected_usage(self.llm, module, setup=first, updates=updates)

    def judged(self, module: Module, children: Sequence[Policy]) -> None:
        """Remember how the children did; tell a model that stands for several which did well."""
        note_attempts(module.population.policies, children)
        policies = {policy.id: policy for policy in module.population.policies}
        for dialogue, script in sorted(self._results, key=lambda result: result[0].index):
            if dialogue.step < 0:
                continue
            child = policies.get(script.id) if script is not None else None
            parent = policies.get(dialogue.parent.id) if dialogue.parent is not None else None
            improved = (
                child is not None
                and parent is not None
                and child.script.parent == parent.id
                and child.avg_score > parent.avg_score
            )
            self.llm.learn(dialogue.llm.name, improved, dialogue.usage)
        self._results = []

    # How

    def _setup_dialogues(self, module: Module) -> list[Dialogue]:
        if module.seeds:
            return []
        messages = tuple(_prompts(module).render_setup(self._first_variables(module)))
        return [
            Dialogue(index, -1, self.llm.choose(), messages, "setup")
            for index in range(self.n_setup)
        ]

    def _update_dialogues(self, module: Module) -> list[Dialogue]:
        """The requests. All that is random happens here, since replies come in any order."""
        policies = module.population.policies
        parents = self.selection(policies, self.n_parents, self.rng)
        dialogues = []
        for index, parent in enumerate(
            parent for parent in parents for _ in range(self.n_children)
        ):
            donor = self._donor(parent, policies)
            prompts, how = _prompts(module), {"edit": self.edit or "", "limits": self.limits}
            if donor is None:
                variables = update_variables(module, parent, self.rng, feedback=self.feedback)
                messages = prompts.render_update({**variables, **how})
            else:
                variables = crossover_variables(
                    module, parent, donor, self.rng, feedback=self.feedback
                )
                messages = prompts.render_crossover({**variables, **how})
            dialogues.append(
                Dialogue(
                    index,
                    self._step,
                    self.llm.choose(),
                    tuple(messages),
                    "update" if donor is None else "crossover",
                    parent.script,
                    donor.id if donor is not None else None,
                    self.edit is not None,
                )
            )
        self._step += 1
        return dialogues

    def _first_variables(self, module: Module) -> dict[str, Any]:
        return {**setup_variables(module), "limits": self.limits}

    def _donor(self, parent: Policy, policies: Sequence[Policy]) -> Policy | None:
        """A second parent, at random among the others; None for a child with one parent."""
        others = [policy for policy in policies if policy is not parent]
        if not self.crossover or not others or self.rng.random() >= self.crossover:
            return None
        return others[int(self.rng.integers(len(others)))]

    def _stream(
        self, module: Module, dialogues: Sequence[Dialogue], *, setup: bool = False
    ) -> Iterator[list[Placed]]:
        held = self._dialogues(module)
        return ahead(self._groups(module, dialogues, setup=setup, held=held), held.cancel)

    def _groups(
        self,
        module: Module,
        dialogues: Sequence[Dialogue],
        *,
        setup: bool = False,
        held: Dialogues | None = None,
    ) -> Iterator[list[Placed]]:
        """Scripts with their places, as replies come; those that are known are left out."""
        if setup and module.seeds:
            seeds = [Script(source, module.entry_point, origin="seed") for source in module.seeds]
            self.workshop.identify(seeds)
            self._remember(seeds)
            yield list(enumerate(seeds))
            return
        held = held or self._dialogues(module)
        before = set(self._seen)
        self._results = []
        found: list[Placed] = []
        for results in held.run(dialogues):
            new: list[Placed] = []
            for dialogue, script in results:
                known = script is None or script.id[:_DIGITS] in before
                self._results.append(Result(dialogue, None if known else script))
                if script is not None and not known:
                    new.append((dialogue.index, script))
            found += new
            if new:
                yield new
        self._remember(script for _, script in sorted(found, key=lambda item: item[0]))
        if setup and not found:
            if self.account.exhausted:
                raise OutOfBudget(f"budget: {self.account.exhausted}")
            raise ReplyError(
                f"none of {len(dialogues)} replies of {self.llm.name} holds a usable script: "
                f"{'; '.join(held.reasons)} Try a stronger model, or give the module a seed script."
            )

    def _dialogues(self, module: Module) -> Dialogues:
        for policy in module.population.policies:
            self._seen[policy.id[:_DIGITS]] = None
        self._held = Dialogues(
            module,
            _prompts(module),
            self._first_variables(module),
            workshop=self.workshop,
            account=self.account,
            statistics=self.statistics,
            cassette=self.cassette,
            recorded=self.recorded,
            known=lambda content_id: content_id[:_DIGITS] in self._seen,
            attempts=self.attempts,
            continuations=self.continuations,
            concurrency=self.concurrency,
        )
        return self._held

    def _remember(self, scripts: Iterable[Script]) -> None:
        for script in scripts:
            self._seen[script.id[:_DIGITS]] = None
        for old in list(itertools.islice(self._seen, max(0, len(self._seen) - _REMEMBERED))):
            del self._seen[old]

    # What was spent, and state

    @property
    def in_flight(self) -> int:
        """Requests that wait for replies now; may be asked from any thread."""
        held = self._held
        return held.in_flight if held is not None else 0

    @property
    def spent(self) -> Usage:
        """Usage so far."""
        return self.account.total

    def usage(self) -> dict[str, float]:
        """What was spent so far.

        Returns:
            calls; prompt_tokens, completion_tokens and cached_tokens if they were counted; usd if
            the price is known.
        """
        total = self.spent
        spent = asdict(total)
        del spent["seconds"]  # a sum over requests that were in flight together
        if not total.counted:  # by whoever answers files in a folder
            del spent["prompt_tokens"], spent["completion_tokens"], spent["cached_tokens"]
        if spent["usd"] is None:
            del spent["usd"]
        return {name: float(value) for name, value in spent.items()}

    def state_dict(self) -> dict[str, Any]:
        """The generators, the account, and what was written."""
        return {
            **super().state_dict(),
            "statistics": asdict(self.statistics),
            "account": self.account.state_dict(),
            "llm": self.llm.state_dict(),
            "selection": self.selection.state_dict(),
            "step": self._step,
            "seen": "".join(self._seen),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved state."""
        super().load_state_dict(state)
        self.statistics = ReplyStatistics(**state["statistics"])
        self.account.load_state_dict(state["account"])
        self.llm.load_state_dict(state["llm"])
        self.selection.load_state_dict(state.get("selection", {}))
        self._step, seen = state["step"], state["seen"]
        self._seen = {seen[start : start + _DIGITS]: None for start in range(0, len(seen), _DIGITS)}

    def settings(self) -> dict[str, Any]:
        """What it was made with, as plain data for the run's folder; no secrets."""
        names = ("n_setup", "attempts", "continuations", "concurrency", "crossover", "edit")
        feedback = self.feedback
        return {
            **super().settings(),
            **{name: getattr(self, name) for name in names},
            "feedback": feedback if isinstance(feedback, str) else _named(feedback),
            "selection": self.selection.settings(),
            "parameters": redacted(self.llm.parameters, self.llm.secrets),
        }

    def close(self) -> None:
        """Let go of connections, unless another optimizer asks the same model now."""
        self._held = None
        close_unused(self.llm)


def _prompts(module: Module) -> Prompts:
    return module.prompts or Prompts.default()


def _in_order(groups: Iterator[list[Placed]]) -> list[Script]:
    """All scripts, as they were asked for; of equal ones the first, whichever came first."""
    found: dict[str, Script] = {}
    for _, script in sorted(itertools.chain.from_iterable(groups), key=lambda item: item[0]):
        found.setdefault(script.id, script)
    return list(found.values())


def _named(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _as_llm(llm: LLM | str | Callable[[list[Message]], str | Reply]) -> LLM:
    found: Any = resolve("llm", llm) if isinstance(llm, str) else llm
    if isinstance(found, LLM):
        return found
    if not callable(found):
        raise TypeError(f"{llm!r} is no LLM, but {type(found).__name__}.")
    return CallableLLM(found)
