"""Estimate of what a language model will cost, before it is asked anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langprop.llms.account import CHARACTERS_PER_TOKEN
from langprop.llms.base import LLM, Usage
from langprop.llms.price import cost
from langprop.optim.feedback import setup_variables
from langprop.prompts.prompts import Prompts

if TYPE_CHECKING:
    from langprop.modules.module import Module

EXPLANATION = 250  # [tokens] what models write beside a script
SCRIPT = 350  # [tokens] a script, where there is none to go by
EVIDENCE = 500  # [tokens] what an update prompt says of samples beyond the setup prompt's example


def expected_usage(llm: LLM, module: Module, *, setup: int, updates: int) -> Usage:
    """What so many requests are likely to use, if every reply is usable at once.

    The prompt for a first script is rendered and measured; that for an update is taken to be as
    long, with a script and the account of some samples. Replies are taken to be a script with a few
    sentences: what a reasoning model thinks is not known, and comes on top.

    Args:
        llm: The model; its price, if known, gives the money.
        module: With an example, if there is one.
        setup: Requests for first scripts.
        updates: Requests for children.
    """
    prompts = module.prompts or Prompts.default()
    messages = prompts.render_setup(setup_variables(module))
    prompt = _tokens(sum(len(message.content) for message in messages))
    sizes = [_tokens(len(source)) for source in module.seeds]
    script = max(sizes, default=max(SCRIPT, _tokens(len(module.stub))))
    usage = Usage(
        calls=setup + updates,
        prompt_tokens=setup * prompt + updates * (prompt + script + EVIDENCE),
        completion_tokens=(setup + updates) * (script + EXPLANATION),
    )
    usd = cost(usage, llm.price) if usage.calls else 0.0
    return Usage(usage.calls, usage.prompt_tokens, usage.completion_tokens, usd=usd)


def _tokens(characters: int) -> int:
    return int(characters / CHARACTERS_PER_TOKEN) + 1
