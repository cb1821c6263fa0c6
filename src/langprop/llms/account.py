"""Account: what was spent on models, and whether there is enough left for another request."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from langprop.errors import ConfigError
from langprop.llms.base import LLM, Request, Usage
from langprop.llms.budget import Budget
from langprop.llms.price import cost

CHARACTERS_PER_TOKEN = 4.0  # of English and of code, roughly
GUESSED_REPLY = 1_000  # [tokens] of a model that doesn't count them
LONGEST_GUESS = 32_000
"""Length of a reply before anything is known of a model's [tokens], where `max_tokens` isn't given.

Models that think before they answer may write so much. All requests of the first step are in flight
before the first reply tells better: a guess of the usual length let a run take ten times its
budget. It costs nothing but that fewer are in flight at first, where the budget is small.
"""


@dataclass(frozen=True)
class _Expected:
    """What a request may cost.

    Attributes:
        tokens: Read and written.
        usd: Price [US dollars]; 0 where it isn't known.
    """

    tokens: float
    usd: float


@dataclass
class _Sum:
    """Usage, summed in whole numbers, so that the order doesn't matter: replies come in any.

    Attributes:
        calls, prompt_tokens, completion_tokens, cached_tokens: As in `Usage`.
        picodollars: Price [1e-12 US dollars]; None if that of a part is unknown.
        microseconds: Time [1e-6 s].
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    picodollars: int | None = 0
    microseconds: int = 0

    def add(self, usage: Usage) -> None:
        self.calls += usage.calls
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
        self.cached_tokens += usage.cached_tokens
        self.microseconds += round(usage.seconds * 1e6)
        if usage.calls:
            # What a function of the user's counts may be anything, also NaN.
            told = usage.usd is not None and math.isfinite(usage.usd)
            known = self.picodollars is not None and told
            self.picodollars = (
                (self.picodollars or 0) + round((usage.usd or 0.0) * 1e12) if known else None
            )

    @property
    def usage(self) -> Usage:
        usd = self.picodollars / 1e12 if self.picodollars is not None and self.calls else None
        counts = (self.calls, self.prompt_tokens, self.completion_tokens, self.cached_tokens)
        return Usage(*counts, usd, self.microseconds / 1e6)


@dataclass
class _Experience:
    """The dearest request to one model so far.

    Attributes:
        replies: That it gave.
        characters: Of its conversation, if it was the longest.
        tokens: Read and written.
        usd: Price [US dollars].
    """

    replies: int = 0
    characters: int = 0
    tokens: float = 0.0
    usd: float = 0.0

    @property
    def margin(self) -> float:
        """How much dearer than it others may be: the fewer there were, the less is known."""
        return 1.0 + 3.0 / math.sqrt(max(1, self.replies))


class Account:
    """What was spent on models, by model and by what it was for.

    A request is opened, sent, and settled with what it used. It may only be opened while the budget
    covers it and all that are in flight.

    Args:
        budget: What may be spent; the account looks at calls, tokens and money.

    Attributes:
        budget: As given.
        exhausted: Which part of the budget kept a request from being sent; "" if none did.
    """

    def __init__(self, budget: Budget | None = None) -> None:
        self.budget = budget or Budget()
        self.exhausted = ""
        self._spent: dict[tuple[str, str], _Sum] = {}
        self._known: dict[str, _Experience] = {}
        self._open: dict[int, _Expected] = {}
        self._opened = 0

    @property
    def total(self) -> Usage:
        """All that was spent."""
        return self._sum(self._spent)

    @property
    def by_model(self) -> dict[str, Usage]:
        """What was spent on each model."""
        return self._by(0)

    @property
    def by_role(self) -> dict[str, Usage]:
        """What was spent on each kind of request: "setup", "update", "repair", ..."""
        return self._by(1)

    def open(self, llm: LLM, request: Request) -> int | None:
        """Set aside what a request may cost.

        Returns:
            A number to settle it with; None if the budget doesn't cover it, at least not while
            others are in flight.

        Raises:
            ConfigError: There is a budget in money, and the price isn't known.
        """
        expected = self._expected(llm, request)
        reason = self._lacks(expected)
        if reason:
            known = self._known.get(llm.name)
            first = not self._open and (known is None or not known.replies)
            if not first or self._lacks(_Expected(0.0, 0.0), at_all=True):
                self.exhausted = reason
                return None
        self.exhausted = ""
        self._opened += 1
        self._open[self._opened] = expected
        return self._opened

    def settle(
        self, number: int, llm: LLM, request: Request, usage: Usage, *, answered: bool = True
    ) -> None:
        """Book what a request used.

        Args:
            number: From `open`.
            llm: The model that was asked.
            request: What it was asked.
            usage: What it used; a request that failed is one call.
            answered: Whether there was a reply, which tells what further ones may take.

        Raises:
            ConfigError: There is a budget in money, and the price isn't known.
        """
        del self._open[number]
        self._spent.setdefault((llm.name, request.role), _Sum()).add(usage)
        tokens = usage.prompt_tokens + usage.completion_tokens
        known = self._known.setdefault(llm.name, _Experience())
        known.replies += answered
        known.characters = max(known.characters, _characters(request))
        known.tokens = max(known.tokens, tokens)
        known.usd = max(known.usd, usage.usd or 0.0)
        if self.budget.usd is not None and usage.usd is None and usage.calls:
            raise _no_price(llm)

    def clear(self) -> None:
        """Begin a new account; the budget stays."""
        self._spent, self._known, self._open, self.exhausted = {}, {}, {}, ""

    def state_dict(self) -> dict[str, Any]:
        """What was spent, as JSON data."""
        return {
            "spent": [
                {"llm": llm, "role": role, **asdict(total)}
                for (llm, role), total in sorted(self._spent.items())
            ],
            "known": {name: asdict(known) for name, known in sorted(self._known.items())},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved account."""
        self._spent = {
            (entry["llm"], entry["role"]): _Sum(
                **{name: value for name, value in entry.items() if name not in ("llm", "role")}
            )
            for entry in state["spent"]
        }
        self._known = {name: _Experience(**known) for name, known in state["known"].items()}
        self._open, self.exhausted = {}, ""

    def _by(self, part: int) -> dict[str, Usage]:
        names = dict.fromkeys(key[part] for key in self._spent)
        return {name: self._sum(key for key in self._spent if key[part] == name) for name in names}

    def _sum(self, keys: Iterable[tuple[str, str]]) -> Usage:
        total = _Sum()
        for key in keys:
            other = self._spent[key]
            total.add(other.usage)
        return total.usage

    def _expected(self, llm: LLM, request: Request) -> _Expected:
        if llm.recorded:  # what was kept back then is in the recording, too
            return _Expected(0.0, 0.0)
        characters = _characters(request)
        known = self._known.get(llm.name)
        if known is not None and known.tokens:
            longer = max(1.0, characters / max(1, known.characters))
            if self._open:  # of many that are in flight some are dearer; one is seen before another
                longer *= known.margin
            return _Expected(known.tokens * longer, known.usd * longer)
        prompt = characters / CHARACTERS_PER_TOKEN
        reply = next(
            (
                float(llm.parameters[name])
                for name in ("max_tokens", "max_completion_tokens")
                if isinstance(llm.parameters.get(name), (int, float))
            ),
            float(GUESSED_REPLY if known is not None and known.replies else LONGEST_GUESS),
        )
        guess = Usage(1, prompt_tokens=int(prompt) + 1, completion_tokens=int(reply))
        usd = cost(guess, llm.price) or 0.0
        return _Expected(prompt + reply, usd)

    def _lacks(self, expected: _Expected, *, at_all: bool = False) -> str:
        """Which part of the budget doesn't cover what is in flight and this; "" if all do."""
        spent, budget = self.total, self.budget
        tokens = spent.prompt_tokens + spent.completion_tokens
        if budget.calls is not None and spent.calls + len(self._open) >= budget.calls:
            return f"{spent.calls:,} of {budget.calls:,} calls"
        flying = list(self._open.values())
        for limit, used, more, text in (
            (
                budget.tokens,
                float(tokens),
                [*(other.tokens for other in flying), expected.tokens],
                f"{tokens:,} of {budget.tokens or 0:,} tokens",
            ),
            (
                budget.usd,
                spent.usd or 0.0,
                [*(other.usd for other in flying), expected.usd],
                f"${spent.usd or 0:.4f} of ${budget.usd or 0:g}",
            ),
        ):
            if limit is not None and (used >= limit if at_all else used + sum(more) > limit):
                return f"{text}; another request is likely to take more than what is left"
        return ""


def check_price(llm: LLM, budget: Budget) -> None:
    """See that a budget in money can be kept.

    Raises:
        ConfigError: The price of the model isn't known.
    """
    if budget.usd is not None and not llm.reports_price:
        raise _no_price(llm)


def _no_price(llm: LLM) -> ConfigError:
    return ConfigError(
        f"the price of {llm.name} isn't known, so that a budget in money can't be kept: give the "
        "model price='INPUT/OUTPUT' (US dollars for a million tokens, such as price='0.25/2'), or "
        "set the budget in tokens or calls."
    )


def _characters(request: Request) -> int:
    return sum(len(message.content) for message in request.messages)
