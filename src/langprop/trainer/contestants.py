"""Contestants: the optimizers of a comparison, by name."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from langprop.errors import ConfigError, LLMError
from langprop.optim.optimizer import Optimizer
from langprop.trainer.comparison import Pair, What
from langprop.trainer.resolve import as_optimizer


class Contestants:
    """The optimizers of a comparison, by name.

    Args:
        optimizers: By name: an `Optimizer`, a class of one, an LLM, or a short name; or a list of
            short names.

    Attributes:
        broken: Why the model of an optimizer can't be asked, by the optimizer's name.
        folders: Name of each optimizer's folder, which every file system takes; no two are alike.

    Raises:
        ConfigError: There is none, or one can't be made of what is given.
        UnknownName: There is no optimizer or LLM of that name.
        MissingDependency: The extra that one needs is not installed.
    """

    def __init__(self, optimizers: Mapping[str, Any] | Sequence[str]) -> None:
        self.broken: dict[str, LLMError] = {}
        self._made: dict[str, Optimizer | None] = {}
        for name, spec in _by_name(optimizers).items():
            if not isinstance(name, str) or not name.strip():
                raise ConfigError(f"the name of an optimizer must be a text, but got {name!r}.")
            try:
                self._made[name] = _one(name, spec)
            except LLMError as error:  # a missing key: told in its row, the others go on
                self._made[name], self.broken[name] = None, error
        self.folders = _folders(list(self._made))

    @property
    def names(self) -> list[str]:
        """Their names, in order."""
        return list(self._made)

    @property
    def free(self) -> list[str]:
        """Names of those that ask no model."""
        return [name for name, each in self._made.items() if each is not None and not each.usage()]

    def fresh(self, name: str) -> Optimizer:
        """A copy of an optimizer, for one run. Copies ask the same model.

        Raises:
            ConfigError: It can't be copied.
        """
        try:
            made = copy.deepcopy(self._made[name])
        except Exception as error:
            raise ConfigError(
                f"the optimizer {name!r} can't be copied for each run ({type(error).__name__}: "
                f"{error}): give its short name, or its class."
            ) from error
        assert made is not None  # noqa: S101 - for mypy: broken ones aren't asked for
        return made

    def pairs(self) -> list[Pair]:
        """What is compared with what: each with its own baseline, and all with the first."""
        found: dict[frozenset[str], Pair] = {}
        for one in self.names:
            for other in self.names:
                what = _advantage(self._made[one], self._made[other])
                if what:
                    found[frozenset((one, other))] = Pair(one, other, what)
        first, *others = self.names
        for other in others:
            found.setdefault(frozenset((first, other)), Pair(other, first))
        return list(found.values())


def _advantage(one: Optimizer | None, other: Optimizer | None) -> What:
    """What the first has beyond the second, where the second is made to lack just that."""
    from langprop.optim.best_of_n import BestOfN
    from langprop.optim.llm import LLMOptimizer
    from langprop.optim.mutation import MutationOptimizer
    from langprop.optim.random_search import RandomSearch

    if isinstance(other, BestOfN) and isinstance(one, LLMOptimizer):
        same = not isinstance(one, BestOfN) and one.llm.name == other.llm.name
        return "feedback" if same else ""
    if isinstance(other, RandomSearch) and isinstance(one, MutationOptimizer):
        return "" if isinstance(one, RandomSearch) else "selection"
    return ""


def _by_name(given: Any) -> Mapping[Any, Any]:
    if isinstance(given, Sequence) and not isinstance(given, str):
        if not all(isinstance(spec, str) for spec in given):
            raise ConfigError("name the optimizers: {'NAME': optimizer, …}, or a list of names.")
        if len(set(given)) < len(given):
            raise ConfigError(f"an optimizer is there twice: {', '.join(given)}.")
        given = {spec: spec for spec in given}
    if not isinstance(given, Mapping) or not given:
        raise ConfigError(
            "there is nothing to compare: give optimizers as {'NAME': optimizer, …}, such as "
            "{'feedback': 'openai:MODEL', 'none': 'best_of_n:openai:MODEL'}."
        )
    return given


def _one(name: str, spec: Any) -> Optimizer:
    try:
        if isinstance(spec, type) and issubclass(spec, Optimizer):
            return spec()
        return as_optimizer(spec)
    except TypeError as error:  # an argument is missing, or it is something else altogether
        raise ConfigError(
            f"the optimizer {name!r} can't be made of {spec!r}: {error}. Give what it needs, as in "
            "'best_of_n:openai:MODEL'."
        ) from error


def _folders(names: Sequence[str]) -> dict[str, str]:
    """A folder for each name; different ones, and names that every file system takes."""
    found: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9._=+-]+", "-", name).strip(".-")[:60] or "optimizer"
        number, folder = 1, plain
        while folder.lower() in {other.lower() for other in found.values()}:
            number += 1
            folder = f"{plain}-{number}"
        found[name] = folder
    return found
