"""Ensemble: several models that stand as one."""

from __future__ import annotations

import contextlib
import math
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from langprop.errors import ConfigError
from langprop.llms.base import LLM, Reply, Request, Usage
from langprop.llms.callable import CallableLLM
from langprop.llms.pool import ThreadPool
from langprop.llms.price import Price
from langprop.prompts.message import Message
from langprop.registry import resolve

CHEAPEST = 0.01
"""Part of the dearest member's cost that every member is taken to cost at least, so that a model
that costs nothing isn't preferred without limit."""


@dataclass
class Evidence:
    """What is known of a member; all of it fades with each further script of this member.

    Attributes:
        won: Scripts that did better than their parents.
        lost: Those that did not, and replies without a usable script.
        usd: Price of the scripts whose price is known [US dollars].
        priced: How many these are.
        tokens: Tokens for the scripts whose tokens were counted.
        counted: How many these are.
    """

    won: float = 0.0
    lost: float = 0.0
    usd: float = 0.0
    priced: float = 0.0
    tokens: float = 0.0
    counted: float = 0.0

    def add(self, improved: bool, usage: Usage, discount: float) -> None:
        """Let the past fade, and count one more script."""
        for name, value in asdict(self).items():
            setattr(self, name, value * discount)
        self.won += improved
        self.lost += not improved
        if usage.usd is not None:
            self.usd += usage.usd
            self.priced += 1
        tokens = usage.prompt_tokens + usage.completion_tokens
        if tokens:
            self.tokens += tokens
            self.counted += 1


class Ensemble(LLM):
    """Several models that stand as one; each new script is asked of one of them.

    By default one is drawn at random by `weights`. With `bandit=True` it learns which model's
    scripts do better than their parents: it draws each member's rate of success from what is known
    of it (Thompson sampling), divides it by what a script of it costs, and takes the highest.
    What a script costs is its mean price; if the price of any member is unknown, its mean number of
    tokens; if these are unknown too, costs are ignored. A member that hasn't been asked yet is
    taken to cost as much as the others on average. The past fades, since what helped in the
    beginning of a run may not later.

    What one member can't do is not asked of another: its errors are passed on.

    Args:
        members: The models: each an `LLM`, a short name such as "openai:gpt-5-mini", or a function
            that takes the messages and returns text. Members that share a name are numbered: the
            second one's becomes "openai:gpt-5-mini#2".
        weights: How often each is chosen, in proportion; None for equally often.
        bandit: Learn how often each is to be chosen.
        cost_weight: How much the bandit looks at costs: 0 not at all, 1 takes the most
            improvements per dollar.
        discount: What is left of the evidence on a member with each further script of it: 0.98
            remembers some fifty scripts.
        explore: Part of the bandit's choices that are made at random, in [0, 1]; no member is
            forgotten.
        seed: Of the generator of its choices; an optimizer gives its own.

    Attributes:
        members: The models.
        evidence: What is known of each, by its name.

    Raises:
        ConfigError: There are no members, or the numbers can't be right.
        UnknownName: A short name is in no table.
    """

    def __init__(
        self,
        members: Sequence[LLM | str | Callable[[list[Message]], str | Reply]],
        *,
        weights: Sequence[float] | None = None,
        bandit: bool = False,
        cost_weight: float = 0.5,
        discount: float = 0.98,
        explore: float = 0.05,
        seed: int = 0,
    ) -> None:
        if isinstance(members, (str, LLM)) or not members:
            raise ConfigError(
                "an ensemble needs a list of models, such as "
                'members=["openai:gpt-5-mini", "anthropic:claude-sonnet-4-5"].'
            )
        if weights is not None and bandit:
            raise ConfigError("a bandit finds the weights itself: give weights=… or bandit=True.")
        _check("cost_weight", cost_weight, 0.0, 10.0)
        _check("discount", discount, 0.0, 1.0)
        _check("explore", explore, 0.0, 1.0)
        self._shares = _shares(weights, len(members))
        self.members = [_as_member(member) for member in members]
        _number(self.members)
        self.bandit = bandit
        self.cost_weight = cost_weight
        self.discount = discount
        self.explore = explore
        self.evidence = {member.name: Evidence() for member in self.members}
        self.name = "ensemble:" + "+".join(member.name for member in self.members)
        self.reports_price = all(member.reports_price for member in self.members)
        self.price = _mean_price([member.price for member in self.members], self._shares)
        self._lock = threading.Lock()
        self._rng = np.random.default_rng(seed)

    def choose(self) -> LLM:
        """The member that the next script shall be asked of."""
        with self._lock:
            if not self.bandit or self._rng.random() < self.explore:
                return self.members[int(self._rng.choice(len(self.members), p=self._shares))]
            known = [self.evidence[member.name] for member in self.members]
            rates = [self._rng.beta(1 + each.won, 1 + each.lost) for each in known]
            costs = _costs(known)
            values = [
                rate / cost**self.cost_weight for rate, cost in zip(rates, costs, strict=True)
            ]
            return self.members[int(np.argmax(values))]

    def learn(self, name: str, improved: bool, usage: Usage) -> None:
        """Hear what came of a script; one by a model that is no member is passed over.

        Args:
            name: Of the member that wrote it.
            improved: Whether the script did better than its parent on the same samples.
            usage: What it cost, with all requests for it.
        """
        with self._lock:
            if name in self.evidence:
                self.evidence[name].add(improved, usage, self.discount)

    def generate(self, messages: Sequence[Message], n: int = 1) -> list[Reply]:
        """Ask for `n` independent replies, each of the member that is chosen for it.

        Raises:
            LLMError: A member could not be called; the subclass says why.
        """
        chosen = Counter(self.members.index(self.choose()) for _ in range(n))
        shares = [(self.members[index], count) for index, count in sorted(chosen.items())]

        def ask(share: tuple[LLM, int]) -> list[Reply]:
            member, count = share
            return [_signed(reply, member) for reply in member.generate(messages, count)]

        if len(shares) <= 1:
            return [reply for share in shares for reply in ask(share)]
        with ThreadPool(ask, len(shares)) as pool:
            for share in shares:
                pool.submit(share)
            results = sorted(pool.completed(), key=lambda result: result[0])
        return [reply for _, replies in results for reply in replies]

    def request(self, request: Request) -> Reply:
        """Answer one request by the member that is chosen for it.

        Raises:
            LLMError: The member could not be called; the subclass says why.
        """
        member = self.choose()
        return _signed(member.request(request), member)

    def seed(self, seed: int) -> None:
        """Restart the generators of choices, and forget what was learnt."""
        own, *others = np.random.SeedSequence(seed).spawn(1 + len(self.members))
        with self._lock:
            self._rng = np.random.default_rng(own)
            self.evidence = {member.name: Evidence() for member in self.members}
        for member, other in zip(self.members, others, strict=True):
            member.seed(int(other.generate_state(1)[0]))

    @property
    def behind(self) -> Sequence[LLM]:
        """The members."""
        return self.members

    def cancel(self) -> None:
        """Give up what is in flight with any member."""
        for member in self.members:
            member.cancel()

    def state_dict(self) -> dict[str, Any]:
        """The generator, what was learnt, and the members' own states."""
        with self._lock:
            return {
                "rng": self._rng.bit_generator.state,
                "evidence": {name: asdict(known) for name, known in self.evidence.items()},
                "members": {member.name: member.state_dict() for member in self.members},
            }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved state. A member that wasn't there then begins anew.

        Raises:
            KeyError: The state isn't one of an ensemble.
        """
        with self._lock:
            self._rng.bit_generator.state = state["rng"]
            for name in self.evidence:
                self.evidence[name] = Evidence(**state["evidence"].get(name, {}))
            for member in self.members:
                if member.name in state["members"]:
                    member.load_state_dict(state["members"][member.name])

    def close(self) -> None:
        """Let go of all members' connections."""
        with contextlib.ExitStack() as stack:  # closes the others, too, if one raises
            for member in self.members:
                stack.callback(member.close)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=threading.Lock())

    def __repr__(self) -> str:
        return f"Ensemble({[member.name for member in self.members]!r}, bandit={self.bandit!r})"


def _costs(known: Sequence[Evidence]) -> list[float]:
    """What a script of each costs, beside the dearest one; 1 for all if that isn't known."""
    asked = [each for each in known if each.won + each.lost > 0]
    if asked and all(each.priced for each in asked):
        means = [each.usd / each.priced if each.priced else None for each in known]
    elif asked and all(each.counted for each in asked):
        means = [each.tokens / each.counted if each.counted else None for each in known]
    else:
        return [1.0] * len(known)
    told = [mean for mean in means if mean is not None]
    dearest = max(told)
    if dearest <= 0:  # nobody costs anything
        return [1.0] * len(known)
    average = sum(mean / dearest for mean in told) / len(told)
    shares = [average if mean is None else mean / dearest for mean in means]
    return [max(share, CHEAPEST) for share in shares]


def _as_member(member: object) -> LLM:
    found = resolve("llm", member) if isinstance(member, str) else member
    if callable(found) and not isinstance(found, LLM):
        return CallableLLM(found)
    if isinstance(found, Ensemble):
        raise ConfigError("an ensemble can't hold another one: list all models as its members.")
    if not isinstance(found, LLM):
        raise ConfigError(f"a member must be an LLM or a short name of one, but got {member!r}.")
    return found


def _number(members: Sequence[LLM]) -> None:
    """Give each member a name of its own."""
    taken: set[str] = set()
    for index, member in enumerate(members):
        if any(member is other for other in members[:index]):
            raise ConfigError(f"{member.name} is there twice: give it a higher weight instead.")
        name, number = member.name, 1
        while name in taken:
            number += 1
            name = f"{member.name}#{number}"
        if name != member.name:
            member.name = name
        taken.add(name)


def _shares(weights: Sequence[float] | None, n: int) -> list[float]:
    if weights is None:
        return [1 / n] * n
    weights = [float(weight) for weight in weights]
    if len(weights) != n or not all(0 <= weight < math.inf for weight in weights):
        raise ConfigError(
            f"weights must be {n} numbers of at least 0, one for each member, but got {weights!r}."
        )
    largest = max(weights)
    if largest <= 0:
        raise ConfigError("at least one weight must be greater than 0.")
    scaled = [weight / largest for weight in weights]  # the sum of large ones may be infinite
    return [weight / sum(scaled) for weight in scaled]


def _mean_price(prices: Sequence[Price | None], shares: Sequence[float]) -> Price | None:
    """For estimates before a run."""
    if any(price is None for price in prices):
        return None
    pairs = [(price, share) for price, share in zip(prices, shares, strict=True) if price]
    return Price(sum(p.input * share for p, share in pairs), sum(p.output * s for p, s in pairs))


def _signed(reply: Reply, member: LLM) -> Reply:
    return reply if reply.llm else replace(reply, llm=member.name)


def _check(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ConfigError(
            f"{name} must be between {least:g} and {most:g} inclusive, but got {value!r}."
        )
