"""Observations: what an environment shows, as arguments of a policy."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from langprop.errors import ModuleError
from langprop.scripts.parameters import parameter_names, why_not_callable
from langprop.scripts.parsing import find_function

if TYPE_CHECKING:
    import gymnasium

Arguments = Callable[[Any], Sequence[Any]]
"""Turns an observation into positional arguments."""


def plain_reader(space: gymnasium.Space[Any]) -> Callable[[Any], Any]:
    """What turns observations of a space into what a policy gets as one argument.

    A Discrete one is an int, a MultiDiscrete or MultiBinary one a list, a Box an array (a number if
    its shape is `()`), a Dict a dict and a Tuple a tuple of these.
    """
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        return int
    if isinstance(space, (spaces.MultiDiscrete, spaces.MultiBinary)):
        return lambda observation: np.asarray(observation).tolist()
    if isinstance(space, spaces.Box):
        if space.shape == ():
            return lambda observation: np.asarray(observation).item()
        return _copied
    if isinstance(space, spaces.Dict):
        parts = {key: plain_reader(each) for key, each in space.spaces.items()}
        return lambda observation: {key: read(observation[key]) for key, read in parts.items()}
    if isinstance(space, spaces.Tuple):
        readers = [plain_reader(each) for each in space.spaces]
        return lambda observation: tuple(
            [read(each) for read, each in zip(readers, observation, strict=True)]
        )
    return _plain


def argument_reader(space: gymnasium.Space[Any], source: str, entry_point: str) -> Arguments:
    """What turns observations into the arguments of a function.

    Where the function names the components, each is an argument of its own: the keys of a Dict, the
    items of a Tuple, or the numbers of a Box, MultiDiscrete or MultiBinary of one dimension, which
    are then plain ones: with numpy's, a small policy spends its time in numpy. A function with one
    parameter gets the whole.

    Args:
        space: The observations.
        source: A stub.
        entry_point: Its function.

    Raises:
        ModuleError: The function's parameters don't fit.
    """
    from gymnasium import spaces

    function = find_function(source, entry_point)
    names = parameter_names(function)
    if isinstance(space, spaces.Dict) and names and all(name in space.spaces for name in names):
        parts = [(name, plain_reader(space.spaces[name])) for name in names]
        return lambda observation: [read(observation[name]) for name, read in parts]
    whole = plain_reader(space)
    if not why_not_callable(function, 1, ()) and len(names) == 1 and not function.args.vararg:
        if _names_a_number(function) and space.shape is not None and math.prod(space.shape) == 1:
            return lambda observation: [np.asarray(observation).item()]
        return lambda observation: [whole(observation)]
    size = _n_components(space)
    if size is not None and not why_not_callable(function, size, ()):
        if isinstance(space, spaces.Tuple):
            return whole
        return _spread_over(size, space)
    raise ModuleError(
        f"{entry_point} has the parameters {', '.join(names) or '(none)'}, but an observation is "
        f"{space}: give it one parameter, or {_wanted(space)}."
    )


def _copied(observation: Any) -> np.ndarray[Any, Any]:
    """An array of its own: many environments return the same one each time, and change it.

    Raises:
        ValueError: It holds no numbers.
    """
    values = np.array(observation)
    if values.dtype.kind == "O":
        raise ValueError(f"an observation is no array of numbers, but {_short(observation)}")
    return values


def _spread_over(size: int, space: gymnasium.Space[Any]) -> Arguments:
    """Observations of one dimension as plain numbers."""
    array, kind = np.ndarray, type(np.zeros((), space.dtype).item())

    def spread(observation: Any) -> list[Any]:
        if type(observation) is array:  # most are, and take a part of the time that others do
            values: list[Any] = observation.tolist()
            if len(values) == size and type(values[0]) is kind:
                return values
        return _spread(observation, size)

    return spread if size else lambda observation: _spread(observation, size)


def _spread(observation: Any, size: int) -> list[Any]:
    """Any array or sequence of one dimension as plain numbers.

    Raises:
        ValueError: It has another shape, or holds something else.
    """
    values = _copied(observation)
    if values.shape != (size,):
        raise ValueError(
            f"an observation has the shape {values.shape}, but its space says ({size},)"
        )
    numbers: list[Any] = values.tolist()
    return numbers


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


def find_nan(values: Any) -> bool:
    """Whether there is a NaN somewhere in plain data."""
    if type(values) is float:
        return values != values  # noqa: PLR0124 - NaN
    if isinstance(values, np.ndarray):
        return values.dtype.kind in "fc" and bool(np.isnan(values).any())
    if isinstance(values, Mapping):
        return any(map(find_nan, values.values()))
    if isinstance(values, (list, tuple)):
        return any(map(find_nan, values))
    return isinstance(values, np.floating) and bool(np.isnan(values))


def _n_components(space: Any) -> int | None:
    """How many arguments an observation may be spread over."""
    from gymnasium import spaces

    if isinstance(space, spaces.Tuple):
        return len(space.spaces)
    flat = isinstance(space, (spaces.Box, spaces.MultiDiscrete, spaces.MultiBinary))
    return int(space.shape[0]) if flat and len(space.shape) == 1 else None


def _wanted(space: Any) -> str:
    from gymnasium import spaces

    if isinstance(space, spaces.Dict):
        return f"some of the keys: {', '.join(map(str, space.spaces))}"
    size = _n_components(space)
    return (
        "one for each component of a flat Box"
        if size is None
        else f"{size}, one for each component"
    )


def _names_a_number(function: ast.FunctionDef) -> bool:
    """Whether the only parameter is said to be a plain number."""
    argument = [*function.args.posonlyargs, *function.args.args][0]
    note = argument.annotation
    text = note.value if isinstance(note, ast.Constant) else getattr(note, "id", "")
    return text in ("float", "int", "bool")


def _plain(value: Any) -> Any:
    """An observation of any other space as plain data."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(map(_plain, value))
    return value
