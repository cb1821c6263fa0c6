"""BestOfN: a language model writes scripts without feedback; the baseline of `LLMOptimizer`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from langprop.errors import ConfigError
from langprop.llms.base import LLM, Reply, Usage
from langprop.optim.dialogue import Dialogue
from langprop.optim.estimate import expected_usage
from langprop.optim.llm import LLMOptimizer
from langprop.prompts.message import Message
from langprop.prompts.prompts import Prompts
from langprop.registry import names

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.population.policy import Policy

_OF_PARENTS = ("feedback", "crossover", "edit")  # settings that say how parents are improved


class BestOfN(LLMOptimizer):
    """A language model writes scripts without feedback, and the best are kept.

    Every script is asked for with the setup prompt: the model sees no parent, no score and no
    failure. With the same numbers, a step asks for as many scripts as one of `LLMOptimizer`, and as
    many are judged; so what `LLMOptimizer` does better is what the feedback is worth. Only a reply
    that holds no usable script is sent back with the reason, as there; `attempts=1` leaves that
    out, too.

    Where a module has seed scripts they are the first scripts, as for `LLMOptimizer`, but the model
    isn't shown them. A model that stands for several learns nothing of which did well: that would
    be feedback, too. Programs that the model writes again cost no evaluation, and there are fewer
    children.

    Args:
        llm: The model, as for `LLMOptimizer`. It should be asked with a temperature, and without a
            seed of its own, or it always writes the same script.
        n_parents: A step asks for `n_parents · n_children` scripts.
        n_children: See `n_parents`.
        capacity: Policies kept at the ranking.
        decay: What is left of the past's weight after a step, in [0, 1].
        n_setup: First scripts asked for; by default `n_parents · n_children`.
        attempts: Requests for one script at the most.
        continuations: Times that a model which was cut off at its limit of tokens is asked to go
            on, beside the attempts.
        concurrency: Requests in flight at a time.

    Raises:
        ValueError: A number is out of range.
        UnknownName: The short name is in no table.
        ConfigError: It is the name of an optimizer.
        LLMAuthError: There is no key for the model.

    Source: repeated sampling with selection by score, as in Chen et al. 2021, "Evaluating Large
    Language Models Trained on Code" (the best of k samples).
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
        continuations: int = 2,
        concurrency: int = 32,
    ) -> None:
        if isinstance(llm, str) and llm in names("optimizer"):
            raise ConfigError(
                f"BestOfN samples from a model, and {llm!r} is an optimizer: name a model, such as "
                "'best_of_n:openai:MODEL'; the baseline of 'mutation' is 'random'."
            )
        super().__init__(
            llm,
            n_parents=n_parents,
            n_children=n_children,
            capacity=capacity,
            decay=decay,
            n_setup=n_setup,
            attempts=attempts,
            continuations=continuations,
            concurrency=concurrency,
        )
        self.name = f"best_of_n:{self.llm.name}"
        for model in (self.llm, *self.llm.behind):
            _warn_of_equal_replies(model)

    def expected_usage(self, module: Module, steps: int) -> Usage:
        """What so many steps are likely to use, if every reply is usable at once."""
        first = 0 if module.seeds or len(module.population) else self.n_setup
        scripts = first + steps * self.n_parents * self.n_children
        return expected_usage(self.llm, module, setup=scripts, updates=0)

    def judged(self, module: Module, children: Sequence[Policy]) -> None:
        """Tell the model nothing: there is no feedback."""
        del module, children
        self._results = []

    def settings(self) -> dict[str, Any]:
        """What it was made with, as plain data for the run's folder; no secrets."""
        settings = super().settings()
        return {name: value for name, value in settings.items() if name not in _OF_PARENTS}

    def _update_dialogues(self, module: Module) -> list[Dialogue]:
        """The requests: the setup prompt again. Their places tell them apart in a recording."""
        prompts = module.prompts or Prompts.default()
        messages = tuple(prompts.render_setup(self._first_variables(module)))
        dialogues = [
            Dialogue(index, self._step, self.llm.choose(), messages, "setup")
            for index in range(self.n_parents * self.n_children)
        ]
        self._step += 1
        return dialogues


def _warn_of_equal_replies(llm: LLM) -> None:
    """Say so if a model's parameters make it give the same reply to the same prompt."""
    fixed = []
    if llm.parameters.get("temperature") == 0:
        fixed.append("temperature=0")
    if llm.parameters.get("seed") is not None:
        fixed.append(f"seed={llm.parameters['seed']}")
    if fixed:
        warnings.warn(
            f"BestOfN asks {llm.name} the same again and again, and with {', '.join(fixed)} it "
            "gives the same reply: leave that out.",
            stacklevel=4,
        )
