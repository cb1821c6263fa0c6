"""LLMOptimizer: a language model writes the scripts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from langprop.errors import LLMError, ReplyError
from langprop.llms.base import LLM, Reply, Usage
from langprop.llms.callable import CallableLLM
from langprop.llms.pool import RequestPool
from langprop.optim.feedback import setup_variables, update_variables
from langprop.optim.optimizer import Optimizer
from langprop.population.selection import Selection, top_k
from langprop.prompts.abbreviate import shorten
from langprop.prompts.message import Message
from langprop.prompts.prompts import Prompts
from langprop.registry import resolve
from langprop.scripts.script import Script

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.optim.answer import Written

_log = logging.getLogger(__name__)

MAX_QUOTED = 20_000  # [characters] of a reply that is sent back with the reason why it was no use


@dataclass
class ReplyStatistics:
    """What became of the requests. A script is parsed, a reply without one is asked for again.

    Attributes:
        requested: Requests sent, the repeated ones too.
        failed: Requests that the model gave no reply to.
        parsed: Replies that held a usable script, at any attempt.
        repaired: Those of them that were repeated requests.
        rejected: Scripts that were given up: no attempt gave a usable reply.
        duplicate: Usable scripts that were known already, and dropped.
    """

    requested: int = 0
    failed: int = 0
    parsed: int = 0
    repaired: int = 0
    rejected: int = 0
    duplicate: int = 0


@dataclass(frozen=True)
class _Job:
    """One script that is asked for.

    Attributes:
        index: Its place among the scripts of this step.
        messages: The conversation so far.
        parent: Id of the script to be improved, or None at setup.
        attempt: 1 for the first request.
    """

    index: int
    messages: list[Message]
    parent: str | None = None
    attempt: int = 1


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
        concurrency: Requests in flight at a time.
        selection: Rule that chooses the parents; by default `top_k`, as in the paper.

    Attributes:
        llm: The model.
        statistics: What became of the requests so far.
        spent: Usage so far.

    Raises:
        ValueError: A number is out of range.
        UnknownName: The short name is in no table.
        LLMAuthError: There is no key for the model.
    """

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
        concurrency: int = 32,
        selection: Selection = top_k,
    ) -> None:
        super().__init__(n_parents=n_parents, n_children=n_children, capacity=capacity, decay=decay)
        n_setup = n_parents * n_children if n_setup is None else n_setup
        for name, value in (
            ("n_setup", n_setup),
            ("attempts", attempts),
            ("concurrency", concurrency),
        ):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, but got {value!r}.")
        self.n_setup = n_setup
        self.attempts = attempts
        self.concurrency = concurrency
        self.selection = selection
        self.statistics = ReplyStatistics()
        self.spent = Usage()
        self.llm = _as_llm(llm)
        self.name = self.llm.name
        # Load numpy and the template engine now: the first step shall wait for the model alone.
        self.seed(0)
        Prompts.default()

    def setup(self, module: Module) -> list[Script]:
        """The module's seeds; or, if there are none, what the model makes of the specification.

        Raises:
            LLMError: No request was answered.
            ReplyError: No reply held a usable script; says why.
            TemplateError: The setup prompt can't be rendered.
        """
        if module.seeds:
            seeds = [Script(source, module.entry_point, origin="seed") for source in module.seeds]
            self.workshop.identify(seeds)
            return seeds
        messages = _prompts(module).render_setup(setup_variables(module))
        jobs = [_Job(index, messages) for index in range(self.n_setup)]
        reasons: list[str] = []
        scripts = self._in_order(module, self._run(module, jobs, reasons))
        if not scripts:
            some = "; ".join(dict.fromkeys(reasons))
            raise ReplyError(
                f"none of {len(jobs)} replies of {self.llm.name} holds a usable script: {some} "
                "Try a stronger model, or give the module a seed script."
            )
        return scripts

    def update(self, module: Module) -> list[Script]:
        """Children of the best policies, in the order in which they were asked for.

        Raises:
            LLMError: No request was answered.
            TemplateError: The update prompt can't be rendered.
        """
        return self._in_order(module, self._run(module, self._update_jobs(module), []))

    def stream_update(self, module: Module) -> Iterator[Script]:
        """As `update`, but each child is handed over as soon as its reply is there."""
        known = {policy.id for policy in module.population.policies}
        for _, script in self._run(module, self._update_jobs(module), []):
            if self._is_new(script, known):
                yield script

    def _update_jobs(self, module: Module) -> list[_Job]:
        """The requests. All that is random happens here, since replies come in any order."""
        prompts = _prompts(module)
        parents = self.selection(module.population.policies, self.n_parents, self.rng)
        return [
            _Job(
                index, prompts.render_update(update_variables(module, parent, self.rng)), parent.id
            )
            for index, parent in enumerate(
                parent for parent in parents for _ in range(self.n_children)
            )
        ]

    def _in_order(self, module: Module, results: Iterator[tuple[int, Script]]) -> list[Script]:
        # Of two equal scripts the one that was asked for first is kept, whichever came first.
        known = {policy.id for policy in module.population.policies}
        scripts = [script for _, script in sorted(results, key=lambda result: result[0])]
        return [script for script in scripts if self._is_new(script, known)]

    def _is_new(self, script: Script, known: set[str]) -> bool:
        if script.id in known:
            self.statistics.duplicate += 1
            return False
        known.add(script.id)
        return True

    def _run(
        self, module: Module, jobs: Sequence[_Job], reasons: list[str]
    ) -> Iterator[tuple[int, Script]]:
        """Send all requests, and hand over each script with its index as it arrives."""
        failures: list[LLMError] = []
        answered = False
        with RequestPool(self.llm, self.concurrency) as pool:
            flying = {self._submit(pool, job): job for job in jobs}
            for number, result in pool.completed():
                job = flying.pop(number)
                if isinstance(result, LLMError):
                    self.statistics.failed += 1
                    failures.append(result)
                    if job.attempt > 1:
                        self.statistics.rejected += 1
                    continue
                answered = True
                self.spent += result.usage
                try:
                    written = self._read(module, result)
                except ReplyError as error:
                    if job.attempt < self.attempts:
                        again = self._repair(module, job, result, error)
                        flying[self._submit(pool, again)] = again
                    else:
                        self.statistics.rejected += 1
                        reasons.append(str(error))
                        _log.warning("no usable script from %s: %s", self.llm.name, error)
                    continue
                self.statistics.parsed += 1
                self.statistics.repaired += job.attempt > 1
                name, origin = module.entry_point, self.llm.name
                yield job.index, Script(written.source, name, job.parent, None, origin, written.id)
        if failures and not answered:
            raise failures[0]
        if failures:
            _log.warning("%d of %d requests failed: %s", len(failures), len(jobs), failures[0])
            reasons += [str(failure) for failure in failures]

    def _submit(self, pool: RequestPool, job: _Job) -> int:
        self.statistics.requested += 1
        return pool.submit(job.messages)

    def _read(self, module: Module, reply: Reply) -> Written:
        truncated = reply.finish_reason == "length"
        return self.workshop.read_reply(
            reply.text, module.entry_point, stub=module.stub, truncated=truncated
        )

    def _repair(self, module: Module, job: _Job, reply: Reply, error: ReplyError) -> _Job:
        variables = {**setup_variables(module), "reason": str(error), "reply": reply.text}
        # Servers refuse an assistant's message without text.
        quoted = shorten(reply.text, MAX_QUOTED) if reply.text.strip() else "(empty reply)"
        messages = [
            *job.messages,
            Message("assistant", quoted),
            *_prompts(module).render_repair(variables),
        ]
        return _Job(job.index, messages, job.parent, job.attempt + 1)

    def usage(self) -> dict[str, float]:
        """What was spent so far.

        Returns:
            calls, prompt_tokens, completion_tokens, cached_tokens, and usd if the price is known.
        """
        spent = asdict(self.spent)
        del spent["seconds"]  # a sum over requests that were in flight together
        if spent["usd"] is None:
            del spent["usd"]
        return {name: float(value) for name, value in spent.items()}

    def state_dict(self) -> dict[str, Any]:
        """The generator, and the account."""
        return {
            **super().state_dict(),
            "statistics": asdict(self.statistics),
            "spent": asdict(self.spent),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved state."""
        super().load_state_dict(state)
        self.statistics = ReplyStatistics(**state["statistics"])
        self.spent = Usage(**state["spent"])

    def close(self) -> None:
        """Let go of connections."""
        self.llm.close()


def _prompts(module: Module) -> Prompts:
    return module.prompts or Prompts.default()


def _as_llm(llm: LLM | str | Callable[[list[Message]], str | Reply]) -> LLM:
    if isinstance(llm, str):
        found = resolve("llm", llm)
        if not isinstance(found, LLM):
            raise TypeError(f"{llm!r} is no LLM, but {type(found).__name__}.")
        return found
    return llm if isinstance(llm, LLM) else CallableLLM(llm)
