"""Spaces in words and as Python types, for whoever writes a policy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

_MOST = 16  # bounds that are told one by one
_LONGEST = 500  # characters


def type_of(space: Any) -> str:
    """Python's type of a value of a space, as policies see it."""
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        return "int"
    if isinstance(space, spaces.Box):
        return "np.ndarray" if space.shape else scalar(space)
    if isinstance(space, (spaces.MultiDiscrete, spaces.MultiBinary)):
        return "list[int]" if len(space.shape) == 1 else "list"
    if isinstance(space, spaces.Dict):
        return "dict"
    if isinstance(space, (spaces.Tuple, spaces.Sequence)):
        return "tuple"
    return "str" if isinstance(space, spaces.Text) else "object"


def scalar(space: Any) -> str:
    """Python's type of a component of a Box."""
    return "float" if space.dtype.kind == "f" else "int"


def in_words(space: Any) -> str:
    """A space as a sentence."""
    text = _part(space)
    if len(text) > _LONGEST:
        text = f"in {' '.join(str(space).split())}"
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f"{text[0].upper()}{text[1:]}" + ("" if text.endswith("…") else ".")


def bounds(space: Any) -> str:
    """The bounds of a Box."""
    if not space.low.size:
        return "which is empty"
    low, high = space.low.min(), space.high.max()
    if (space.low == low).all() and (space.high == high).all():
        return f"from {low:.6g} to {high:.6g}"
    if space.low.size <= _MOST:
        lows, highs = (
            ", ".join(f"{each:.4g}" for each in side.ravel()) for side in (space.low, space.high)
        )
        return f"from [{lows}] to [{highs}]"
    return f"within [{low:.6g}, {high:.6g}]"


def _part(space: Any) -> str:
    """A space, or a part of one, as a noun."""
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        return f"a whole number from {space.start} to {space.start + space.n - 1}"
    if isinstance(space, spaces.Box):
        shape = f"an array of the shape {space.shape}" if space.shape else "a number"
        return f"{shape}, {bounds(space)}"
    if isinstance(space, spaces.MultiDiscrete):
        return _whole_numbers(space)
    if isinstance(space, spaces.MultiBinary):
        if len(space.shape) == 1:
            return f"a list of {space.shape[0]} numbers, each 0 or 1"
        return f"nested lists of the shape {space.shape} of numbers that are 0 or 1"
    if isinstance(space, spaces.Dict) and space.spaces:
        return f"a dict with {_list(f'{key!r}: {_part(part)}' for key, part in space.items())}"
    if isinstance(space, spaces.Tuple) and space.spaces:
        return f"a tuple of {len(space.spaces)}: {_list(map(_part, space.spaces))}"
    return f"in {' '.join(str(space).split())}"


def _whole_numbers(space: Any) -> str:
    """A MultiDiscrete; the first number of each component is 0 unless it says so."""
    first = np.asarray(getattr(space, "start", np.zeros_like(space.nvec)))
    last = first + space.nvec - 1
    ranges = [f"from {low} to {high}" for low, high in zip(first.flat, last.flat, strict=True)]
    if space.nvec.ndim == 1:
        text = f"a list of {len(ranges)} whole number{'s' if len(ranges) != 1 else ''}"
    else:
        text = f"nested lists of the shape {space.shape} of whole numbers"
    if len(set(ranges)) == 1:
        return f"{text}, {'each ' if len(ranges) > 1 else ''}{ranges[0]}"
    if space.nvec.ndim == 1 and len(ranges) <= _MOST:
        return f"{text}: {', '.join(ranges)}"
    return f"{text}, in {' '.join(str(space).split())}"


def _list(parts: Iterable[str]) -> str:
    return "; ".join(parts)
