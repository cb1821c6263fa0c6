"""Score: how good an answer is, with words; and the usual score."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Score:
    """How good an answer is.

    Attributes:
        value: The score, a finite number; higher is better. Or several by name: the objectives.
        feedback: What is wrong or right with the answer, in words; an LLM reads it.
    """

    value: float | Mapping[str, float]
    feedback: str = ""


Scored: TypeAlias = "float | Score | Mapping[str, float]"
"""What a `score` may return: a number, one for each objective, or either with feedback."""


def exact_match(output: Any, label: Any) -> float:
    """1 if the answer equals the label, else 0.

    Containers are compared item by item, so that they may hold numpy arrays; NaN equals NaN. As in
    Python, `6 == 6.0` and a list is never equal to a tuple.
    """
    return float(_equal(output, label))


def described(score: Callable[..., Any]) -> str:
    """How a function scores answers, in words: the first paragraph of its docstring."""
    text = inspect.getdoc(score) or ""
    return " ".join(text.partition("\n\n")[0].split())


def _equal(a: Any, b: Any) -> bool:
    numpy = sys.modules.get("numpy")  # if nobody has imported numpy, there are no arrays to compare
    if numpy is not None and isinstance(a, (numpy.ndarray, numpy.generic)) | isinstance(
        b, (numpy.ndarray, numpy.generic)
    ):
        a, b = numpy.asarray(a), numpy.asarray(b)
        if a.shape != b.shape:
            return False
        floats = a.dtype.kind in "fc" and b.dtype.kind in "fc"
        return bool(numpy.array_equal(a, b, equal_nan=floats))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(value, b[key]) for key, value in a.items())
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        same_kind = isinstance(a, list) == isinstance(b, list)
        return same_kind and len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, float) and isinstance(b, float) and a != a and b != b:  # noqa: PLR0124 - NaN
        return True
    return bool(a == b)
