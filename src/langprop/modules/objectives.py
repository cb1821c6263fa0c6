"""Objectives: what the scores of a module consist of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from langprop.errors import ModuleError
from langprop.modules.score import Score, Scored

if TYPE_CHECKING:
    from langprop.modules.module import Module

RESERVED = ("score", "stderr", "gap")
"""Figures of the total in a validation ("val/score", ...): beside them stand the objectives."""

_ONE: dict[str, float] = {}  # the parts of a score that has none, shared by all records


class Objectives:
    """What the scores of a module consist of: one number, or several objectives with weights.

    The names are those of `weights`, or else of `exception_score` if that is a mapping, or else of
    the first score that is read; from then on every score must have them.

    Args:
        weights: Weight of each objective; empty if the names aren't declared, then each weighs 1.
        exception_score: Of a sample on which the script failed: the total, which then stands for
            each objective as well, or a value for each objective.
        names: What the scores before had: names, () for one number; None if there were none.

    Attributes:
        names: As above; None as long as it isn't known.
        weights: Weight of each objective, in the order of the names; empty for one number.
        failed: Total of a failing sample.
        failed_scores: Its parts. These and the weights are the same mapping all the time, and
            filled when the names become known: records of samples that failed before have them.

    Raises:
        ModuleError: A name or a number can't be used, or the names differ.
    """

    def __init__(
        self,
        weights: Mapping[str, float] | None = None,
        exception_score: float | Mapping[str, float] = 0.0,
        names: tuple[str, ...] | None = None,
    ) -> None:
        self.weights: dict[str, float] = {}
        self.failed_scores: dict[str, float] = {}
        declared = _declared("weights", weights) if weights is not None else {}
        if declared and not any(declared.values()):
            raise ModuleError("weights must not be 0 altogether: then all scripts score the same.")
        failed: float | dict[str, float]
        if isinstance(exception_score, Mapping):
            failed = _declared("exception_score", exception_score)
            if not failed:
                raise ModuleError("exception_score must be a number or name objectives: it's {}.")
            if declared and failed.keys() != declared.keys():
                raise ModuleError(
                    f"exception_score has the objectives {_listed(failed)}, but weights has "
                    f"{_listed(declared)}: give both the same ones."
                )
            declared = declared or dict.fromkeys(failed, 1.0)
        else:
            failed = _finite("exception_score", exception_score)
        self._failed = failed
        self.names = tuple(declared) or names
        if self.names:
            self._learn(self.names, declared)
        try:
            self.failed = self._total(failed) if isinstance(failed, dict) else failed
        except ValueError as error:
            raise ModuleError(f"exception_score can't be used: {error}.") from error

    @classmethod
    def of(cls, module: Module) -> Objectives:
        """Those of a module, as far as they are known.

        Raises:
            ModuleError: As for the class.
        """
        return cls(module.weights, module.exception_score, module.objectives)

    def read(self, given: Scored) -> tuple[float, str, Mapping[str, float]]:
        """The total, the feedback and the parts, from what the user's `score` returned.

        Raises:
            TypeError: It is neither a number nor a mapping, or the other of the two than before.
            ValueError: A number isn't finite, or there are other objectives than before.
        """
        if type(given) is float and self.names == () and math.isfinite(given):
            return given, "", _ONE  # at once, since there is one for each script and sample
        feedback = ""
        value: Any = given
        if isinstance(given, Score):
            value, feedback = given.value, str(given.feedback)
        if isinstance(value, Mapping):
            parts = self._parts(value)
            return self._total(parts), feedback, parts
        number = _number(value)
        if self.names != ():
            if self.names is not None:
                raise TypeError(
                    f"score returned the number {number:g}, but has the objectives "
                    f"{_listed(self.names)}: return a dict with a value for each"
                )
            self.names = ()
        return number, feedback, _ONE

    @property
    def words(self) -> str:
        """How the score is made of the objectives, for whoever writes scripts; "" for one number.

        Example: "The score is the sum accuracy + 0.2 · speed - 0.01 · length."
        """
        if not self.weights:
            return ""
        text = ""
        for name, weight in self.weights.items():
            if weight:
                sign = ("-" if weight < 0 else "") if not text else " - " if weight < 0 else " + "
                factor = "" if abs(weight) == 1 else f"{abs(weight):g} · "
                text += f"{sign}{factor}{name}"
        idle = [name for name, weight in self.weights.items() if not weight]
        rest = f" {_listed(idle)}: not counted." if idle else ""
        return f"The score is {'the sum ' if len(self.weights) > 1 else ''}{text}.{rest}"

    def _parts(self, value: Mapping[Any, Any]) -> dict[str, float]:
        """A finite number for each objective, in the order of the names."""
        if self.names is None:
            for name in value:
                _check_name(name)
            if not value:
                raise ValueError("score returned an empty dict")
            names = tuple(value)
        elif not self.names:
            raise TypeError(
                f"score returned the objectives {_listed(value)}, but a number before: return a "
                "number each time, or a dict"
            )
        else:
            names = self.names
            if value.keys() != self.weights.keys():
                raise ValueError(
                    f"score returned the objectives {_listed(value)}, but they are "
                    f"{_listed(names)}: return a value for each of these, and no other"
                )
        parts = {name: _number(value[name], name) for name in names}
        if self.names is None:
            self._learn(names, {})
        return parts

    def _learn(self, names: tuple[str, ...], weights: Mapping[str, float]) -> None:
        self.names = names
        self.weights.update({name: weights.get(name, 1.0) for name in names})
        failed = self._failed
        self.failed_scores.update(
            {name: failed[name] if isinstance(failed, dict) else failed for name in names}
        )

    def _total(self, parts: Mapping[str, float]) -> float:
        try:
            total = math.fsum(weight * parts[name] for name, weight in self.weights.items())
        except OverflowError:
            total = math.inf
        if not math.isfinite(total):
            raise ValueError(f"the sum of the objectives must be finite, but they are {parts!r}")
        return total


def below(scores: Iterable[Scored], weights: Mapping[str, float]) -> float | dict[str, float]:
    """An `exception_score` below some scores: to fail shall never pay.

    Args:
        scores: What `score` returned for some answers; one at least.
        weights: As in `Objectives`; where a weight is negative, the objective's value is high.

    Raises:
        ModuleError: The weights can't be used.
        TypeError: As for `Objectives.read`; likewise ValueError.
    """
    objectives = Objectives(weights)
    read = [objectives.read(score) for score in scores]
    if not objectives.weights:
        worst = min(total for total, _, _ in read)
        return worst - max(1.0, abs(worst))
    failed = {}
    for name, weight in objectives.weights.items():
        sign = -1.0 if weight < 0 else 1.0
        worst = min(sign * parts[name] for _, _, parts in read)
        failed[name] = sign * (worst - max(1.0, abs(worst)))
    return failed


def _declared(what: str, given: Any) -> dict[str, float]:
    if not isinstance(given, Mapping):
        raise ModuleError(
            f"{what} must be a mapping such as {{'accuracy': 1, 'speed': 0.1}}, but got {given!r}."
        )
    for name in given:
        try:
            _check_name(name)
        except (TypeError, ValueError) as error:
            raise ModuleError(f"{what}: {error}.") from error
    return {name: _finite(f"{what}[{name!r}]", value) for name, value in given.items()}


def _check_name(name: Any) -> None:
    if not isinstance(name, str):
        raise TypeError(f"the name of an objective must be a text, but got {name!r}")
    if not name.strip() or not name.isprintable():
        raise ValueError(f"the name of an objective must be one line of text, but got {name!r}")
    if name in RESERVED:
        raise ValueError(
            f"an objective can't be called {name!r}, since val/{name} is a figure of the total: "
            f"rename it, as in 'my_{name}'"
        )


def _finite(what: str, value: Any) -> float:
    try:
        return _number(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ModuleError(f"{what} must be a finite number, but got {value!r}.") from error


def _number(value: Any, name: str = "") -> float:
    """A finite number that `score` returned, as the value of an objective or by itself."""
    if type(value) is float and math.isfinite(value):
        return value  # at once: what follows asks for an abstract base class, which takes long
    if isinstance(value, (str, bytes, Mapping)) or value is None:
        wanted = f"{name} must be a number" if name else "score must return a number, dict or Score"
        raise TypeError(f"{wanted}, but got {value!r}")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name or 'score'} must be finite, but got {number!r}")
    return number


def _listed(names: Iterable[Any]) -> str:
    texts = [str(name) for name in names]
    return ", ".join(texts[:10]) + (", …" if len(texts) > 10 else "") or "(none)"
