"""Example: the arguments of one call, which tell the kinds of parameters without annotations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from langprop.scripts.mutation.kinds import Kind, from_value

Example: TypeAlias = tuple[Sequence[Any], Mapping[str, Any]]
"""Positional and keyword arguments of one call: values, or their kinds."""


def pack(example: Example | None) -> list[Any] | None:
    """The kinds of the arguments as plain data: they travel where a large value shouldn't."""
    if example is None:
        return None
    args, kwargs = example
    named = {name: _plain(from_value(value)) for name, value in kwargs.items()}
    return [[_plain(from_value(value)) for value in args], named]


def unpack(data: Sequence[Any] | None) -> Example | None:
    """The example that was packed, with kinds for values."""
    if data is None:
        return None
    args, kwargs = data
    return tuple(map(_kind, args)), {name: _kind(kind) for name, kind in kwargs.items()}


def _plain(kind: Kind) -> list[Any]:
    """Kinds of values are never closed sets or optional: their names and items are all there is."""
    return [kind.name, list(map(_plain, kind.items))]


def _kind(data: Sequence[Any]) -> Kind:
    name, items = data
    return Kind(name, tuple(map(_kind, items)))
