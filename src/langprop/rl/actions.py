"""Actions: what a policy answered, as an action of the environment's space."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import gymnasium

Read = Callable[[Any], Any]
"""Turns an answer into an action; raises `ValueError`, with what to give instead."""

_FINITE = "give finite numbers"
_WIDEST = 200  # characters shown of an answer or a space


def action_reader(space: gymnasium.Space[Any]) -> Read:
    """What turns plain data into actions of a space.

    Numbers may be of any plain type: `1.0`, `True` and numpy's `int64(1)` are the action 1. Where
    the space has a single number, it may stand alone or in a list. What is out of bounds is
    refused, not clipped, and so are NaN and infinity.

    Args:
        space: Discrete, MultiDiscrete, MultiBinary or Box; Dict and Tuple of such, which take a
            dict and a list or tuple. Of other spaces an action must be in them as it is.
    """
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        return _discrete(space)
    if isinstance(space, spaces.MultiDiscrete):
        start = getattr(space, "start", np.zeros_like(space.nvec))
        return _whole_numbers(space, start, start + space.nvec - 1)
    if isinstance(space, spaces.MultiBinary):
        return _whole_numbers(space, np.zeros(space.shape, int), np.ones(space.shape, int))
    if isinstance(space, spaces.Box):
        whole = space.dtype is not None and space.dtype.kind in "biu"
        return _whole_numbers(space, space.low, space.high) if whole else _box(space)
    if isinstance(space, spaces.Dict):
        return _dict(space)
    if isinstance(space, spaces.Tuple):
        return _tuple(space)
    return _other(space)


def cut(value: object) -> str:
    """A value in words, not too many."""
    try:
        text = " ".join(repr(value).split())
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."


def _wrong(answer: Any, space: gymnasium.Space[Any], hint: str) -> ValueError:
    return ValueError(f"the action {cut(answer)} isn't in {cut(space)}: {hint}")


def _discrete(space: Any) -> Read:
    start, stop = int(space.start), int(space.start) + int(space.n)
    some = [str(number) for number in range(start, min(stop, start + 4))]
    if len(some) == stop - start and len(some) < 4:
        hint = "give " + " or ".join([", ".join(some[:-1]), some[-1]] if some[1:] else some)
    else:
        hint = f"give a whole number from {start} to {stop - 1}"

    def read(answer: Any) -> int:
        if type(answer) is int and start <= answer < stop:
            return answer
        number = _whole(answer)
        if number is None or not start <= number < stop:
            raise _wrong(answer, space, hint)
        return number

    return read


def _whole(value: Any) -> int | None:
    """A number of any type as an int, if it is a whole one."""
    if isinstance(value, (int, np.integer, np.bool_)):
        return int(value)
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return int(value)
    return None


def _numbers(answer: Any, shape: tuple[int, ...]) -> np.ndarray[Any, Any] | None:
    """An array of that shape, if that is what the answer is; a single number may stand alone."""
    try:
        array = np.asarray(answer)
    except (TypeError, ValueError, OverflowError):  # ragged, or no numbers at all
        return None
    if array.dtype.kind not in "biuf":
        return None
    if array.shape == shape:
        return array
    return array.reshape(shape) if array.size == 1 == math.prod(shape) else None


def _form(shape: tuple[int, ...], kind: str) -> str:
    """What to give instead of something of another form."""
    size = math.prod(shape)
    if size == 1:
        return f"give a {kind}"
    if len(shape) == 1:
        return f"give a list of {size} {kind}s"
    return f"give an array of {kind}s of the shape {shape}"


def _range(low: Any, high: Any) -> str:
    if np.isfinite(low) and np.isfinite(high):
        return f"from {low:.6g} to {high:.6g}"
    if np.isfinite(low):
        return f"of {low:.6g} or more"
    return f"of {high:.6g} or less" if np.isfinite(high) else "of any finite size"


def _bounds(
    answer: np.ndarray[Any, Any], low: np.ndarray[Any, Any], high: np.ndarray[Any, Any], kind: str
) -> str:
    """What to give instead of something out of bounds; names the first component that is."""
    # Written so that NaN is outside.
    place = tuple(int(n) for n in np.argwhere(~((answer >= low) & (answer <= high)))[0])
    bounds = _range(low[place], high[place])
    if answer.size == 1:
        return f"give a {kind} {bounds}"
    at = place[0] if len(place) == 1 else place
    return f"component {at} is {answer[place]:.6g}; give a {kind} {bounds}"


def _box(space: Any) -> Read:
    shape, dtype = tuple(space.shape), space.dtype
    # No infinity where there is no bound: few environments mean it.
    most_finite = np.finfo(dtype).max
    low, high = np.maximum(space.low, -most_finite), np.minimum(space.high, most_finite)
    form = _form(shape, "number")
    single = math.prod(shape) == 1
    least, most = (float(low.item()), float(high.item())) if single else (0.0, -1.0)

    def read(answer: Any) -> np.ndarray[Any, Any]:
        # Within bounds that are numbers of the dtype, it stays so when it is rounded.
        if type(answer) is float and least <= answer <= most:
            return np.full(shape, answer, dtype)
        array = _numbers(answer, shape)
        if array is None:
            raise _wrong(answer, space, form)
        with np.errstate(over="ignore"):
            action = array.astype(dtype)
        # After rounding: 0.1 is below the bound float32(0.1), and shall be in.
        if not ((action >= low) & (action <= high)).all():
            outside = not ((action >= space.low) & (action <= space.high)).all()
            hint = _bounds(action, space.low, space.high, "number") if outside else _FINITE
            raise _wrong(answer, space, hint)
        return action

    return read


def _whole_numbers(space: Any, low: np.ndarray[Any, Any], high: np.ndarray[Any, Any]) -> Read:
    shape, dtype = tuple(space.shape), space.dtype
    form = _form(shape, "whole number")

    def read(answer: Any) -> np.ndarray[Any, Any]:
        array = _numbers(answer, shape)
        if array is None or (array.dtype.kind == "f" and not (array == np.floor(array)).all()):
            raise _wrong(answer, space, form)
        if not ((array >= low) & (array <= high)).all():
            raise _wrong(answer, space, _bounds(array, low, high, "whole number"))
        return array.astype(dtype)

    return read


def _dict(space: Any) -> Read:
    readers = {key: action_reader(each) for key, each in space.spaces.items()}

    def read(answer: Any) -> dict[Any, Any]:
        if not isinstance(answer, Mapping):
            raise _wrong(answer, space, f"give a dict with {_keys(readers)}")
        if answer.keys() != readers.keys():
            missing = [key for key in readers if key not in answer]
            unknown = [key for key in answer if key not in readers]
            what = f"it lacks {_keys(missing)}" if missing else f"it has {_keys(unknown)}"
            raise _wrong(answer, space, f"{what}; give a dict with {_keys(readers)}")
        return {key: _part(reader, answer[key], key) for key, reader in readers.items()}

    return read


def _keys(keys: Any) -> str:
    return ("the keys " if len(keys) > 1 else "the key ") + cut(list(keys))[1:-1]


def _tuple(space: Any) -> Read:
    readers = [action_reader(each) for each in space.spaces]

    def read(answer: Any) -> tuple[Any, ...]:
        if (
            not isinstance(answer, Sequence)
            or isinstance(answer, (str, bytes))
            or len(answer) != len(readers)
        ):
            items = "1 item" if len(readers) == 1 else f"{len(readers)} items"
            raise _wrong(answer, space, f"give a tuple of {items}")
        parts = enumerate(zip(readers, answer, strict=True))
        return tuple(_part(reader, each, place) for place, (reader, each) in parts)

    return read


def _part(reader: Read, answer: Any, place: Any) -> Any:
    """An action of a space within another one."""
    try:
        return reader(answer)
    except ValueError as error:
        raise ValueError(f"at [{place!r}], {error}") from None


def _other(space: gymnasium.Space[Any]) -> Read:
    def read(answer: Any) -> Any:
        try:
            inside = space.contains(answer)
        except Exception:
            inside = False
        if not inside:
            raise _wrong(answer, space, "give what its `sample()` gives")
        return answer

    return read
