"""Selection rules: which policies become parents, and which of them survive.

A rule is a `Selection`, its name, or a function `(policies, k, rng) -> at most k policies`. The
policies always come best first. The other rules are in `langprop.population.rules`.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from langprop.errors import ConfigError, UnknownName
from langprop.registry import load, names, resolve

if TYPE_CHECKING:
    import numpy as np

    from langprop.population.policy import Policy

Chooser: TypeAlias = "Callable[[Sequence[Policy], int, np.random.Generator], Sequence[Policy]]"
"""A rule that only chooses parents, as a function."""


class Selection(abc.ABC):
    """A rule that chooses parents, and may decide who survives.

    A rule that overrides nothing but `choose` lets the best survive. What a rule remembers of a
    policy belongs into `policy.notes`, which is saved with it; one rule may serve several modules.
    All that is random comes from the generator that is given.

    Attributes:
        name: Its short name, or that of its class.
        within: The rule that this one leaves a part of its work to, if any.
        rounds: Times in a step at the most that the policies which `undecided` names are evaluated
            on more samples before the ranking.
    """

    name: str = ""
    within: Selection | None = None
    rounds: int = 0

    @abc.abstractmethod
    def choose(
        self, policies: Sequence[Policy], k: int, rng: np.random.Generator
    ) -> Sequence[Policy]:
        """Choose at most `k` parents of the policies, which come best first.

        There is one policy at least. One that is chosen twice has twice as many children.
        """

    def __call__(
        self, policies: Sequence[Policy], k: int, rng: np.random.Generator
    ) -> list[Policy]:
        """As `choose`, and checked.

        Raises:
            ConfigError: The rule chose too many, none, or what wasn't among them.
        """
        if not policies:
            return []
        return checked(self.choose(policies, k, rng), policies, k, f"{self}.choose")

    def survive(
        self, policies: Sequence[Policy], capacity: int, rng: np.random.Generator
    ) -> Sequence[Policy]:
        """The policies that are kept, in any order: `capacity` at the most, one at least.

        They come best first, all judged on the step's batch, whose records they hold. By default
        the best are kept.
        """
        del rng
        return list(policies[:capacity])

    def undecided(self, policies: Sequence[Policy], k: int) -> list[Policy]:
        """The policies of which nobody can tell yet whether they are among the `k` best.

        They are worth some more samples. By default there are none: the priorities decide.
        """
        del policies, k
        return []

    def check(self, *, n_parents: int, capacity: int) -> None:
        """See whether the rule goes with an optimizer's numbers.

        Raises:
            ConfigError: It doesn't; says what does.
        """
        if self.within is not None:
            self.within.check(n_parents=n_parents, capacity=capacity)

    def reset(self) -> None:
        """Forget what was: a new run begins."""
        if self.within is not None:
            self.within.reset()

    def settings(self) -> dict[str, Any]:
        """What it was made with, as plain data for the run's folder."""
        return {
            "name": str(self),
            **{name: _plain(value) for name, value in vars(self).items() if name[0] != "_"},
        }

    def state_dict(self) -> dict[str, Any]:
        """What it remembers beside the policies' notes, as JSON data."""
        return {} if self.within is None else {"within": self.within.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved state."""
        if self.within is not None:
            self.within.load_state_dict(state.get("within", {}))

    def __str__(self) -> str:
        return self.name or type(self).__name__


class Chosen(Selection):
    """A rule that a function chooses by; the best survive.

    Args:
        function: `(policies, k, rng) -> at most k policies`.

    Attributes:
        function: As given.
    """

    def __init__(self, function: Chooser) -> None:
        self.function = function

    def choose(
        self, policies: Sequence[Policy], k: int, rng: np.random.Generator
    ) -> Sequence[Policy]:
        """What the function says."""
        return self.function(policies, k, rng)

    def settings(self) -> dict[str, Any]:
        """Its name."""
        return {"name": str(self)}

    def __str__(self) -> str:
        return str(getattr(self.function, "__name__", type(self.function).__name__))


def top_k(policies: Sequence[Policy], k: int, rng: np.random.Generator) -> list[Policy]:
    """The `k` best: the paper's rule. The ranking has settled ties already, so nothing is drawn."""
    del rng
    return list(policies[:k])


def as_selection(spec: Selection | Chooser | str | Mapping[str, Any]) -> Selection:
    """The rule that a name or a function stands for.

    Args:
        spec: A `Selection`; "pareto" or another name of one, perhaps with its first argument, as
            in "tournament:3"; "package.module:Class" of your own; a function
            `(policies, k, rng) -> policies`; or, as in YAML, a mapping with a name as `class_path`
            and arguments as `init_args`.

    Raises:
        ConfigError: There is no such rule, or its arguments are wrong.
        MissingDependency: The extra that it needs is not installed.
    """
    if isinstance(spec, Selection):
        return spec
    if isinstance(spec, str):
        name, colon, argument = spec.partition(":")
        if name in names("selection"):
            return _made(name, [_number(argument)] if colon else [], {})
        return _made(spec, [], {}, own=colon == ":" and "." in name)
    if isinstance(spec, Mapping) and set(spec) <= {"class_path", "init_args"}:
        path, arguments = spec.get("class_path"), spec.get("init_args") or {}
        if isinstance(path, str) and isinstance(arguments, Mapping):
            own = ":" in path or "." in path
            if ":" not in path and "." in path:
                path = ":".join(path.rsplit(".", 1))
            return _made(path, [], {str(key): value for key, value in arguments.items()}, own=own)
    if isinstance(spec, (type, Mapping)) or not callable(spec):
        raise ConfigError(
            f"selection must be one of {', '.join(names('selection'))}, a Selection, a function "
            "(policies, k, rng) -> policies, or a mapping with class_path and init_args, but got "
            f"{spec!r}."
        )
    return Chosen(spec)


def _made(name: str, args: list[Any], kwargs: dict[str, Any], *, own: bool = False) -> Selection:
    """The rule of a name, or that of the user's own which an import string stands for."""
    try:
        found: Any = load(name) if own else resolve("selection", name)
    except (UnknownName, ValueError) as error:  # of an empty name of a module
        raise ConfigError(f"selection {name!r}: {error}") from error
    if isinstance(found, type):
        try:
            found = found(*args, **kwargs)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"selection {name!r} can't be made: {error}") from error
    elif args or kwargs:
        raise ConfigError(f"selection {name!r} takes no arguments, but got {[*args, *kwargs]}.")
    if isinstance(found, Selection):
        return found
    if not callable(found):
        raise ConfigError(f"{name!r} is no selection rule, but {found!r}.")
    return Chosen(found)


def checked(found: Any, policies: Sequence[Policy], most: int, where: str) -> list[Policy]:
    """What a rule returned, as a list.

    Raises:
        ConfigError: It is too much, nothing, or isn't among the policies.
    """
    if not isinstance(found, (list, tuple)):
        what = f"a {type(found).__name__}"
    elif not 0 < len(found) <= most:
        what = f"{len(found)}"
    elif strangers := len([item for item in found if not any(item is one for one in policies)]):
        what = f"{strangers} that it didn't get"
    else:
        return list(found)
    raise ConfigError(
        f"{where} must return a list of 1 to {most} of the {len(policies)} policies that it gets, "
        f"but it returned {what}."
    )


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, Selection):
        return value.settings()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(getattr(value, "__name__", type(value).__name__))
