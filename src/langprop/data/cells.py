"""Cells: the values that the text in the cells of a table stands for."""

from __future__ import annotations

import ast
import json
import re
from typing import Any, Literal

Kind = Literal["bool", "int", "float", "json", "text"]
KINDS: tuple[Kind, ...] = ("bool", "int", "float", "json", "text")
"""From the narrowest to the widest."""

_INT = re.compile(r"[+-]?(0|[1-9][0-9]*)", re.ASCII)  # 007 is a name
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_ZEROS = re.compile(r"[+-]?0[0-9]")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_TRUTH = {"true": True, "false": False}
_WANTED: dict[str, Kind] = {
    "bool": "bool",
    "int": "int",
    "float": "float",
    "str": "text",
    "list": "json",
    "dict": "json",
    "tuple": "json",
    "List": "json",
    "Dict": "json",
    "Tuple": "json",
    "Sequence": "json",
    "Mapping": "json",
}
_MAX_DIGITS = 4000  # Python refuses to read longer integers


class Column:
    """What a column of text holds: the narrowest kind that all its cells are of.

    Empty cells are None and say nothing of the kind. Numbers that begin with a needless 0 are text.

    Args:
        wanted: The kind that it shall be, whatever it looks like; None to find out.
    """

    def __init__(self, wanted: Kind | None = None) -> None:
        self.wanted = wanted
        self._possible: set[Kind] = set(KINDS)
        self._number = False  # whether there is one: "nan" alone is a word

    def see(self, text: str) -> bool:
        """Take a cell into account; False if it isn't of the wanted kind."""
        if not text:
            return True
        if self.wanted is not None:
            try:
                value_of(text, self.wanted)
            except (ValueError, RecursionError):
                return False
            return True
        if len(self._possible) > 1:
            kinds = _kinds(text)
            self._possible &= kinds
            self._number = self._number or ("float" in kinds and text.strip()[-1] in "0123456789.")
        return True

    @property
    def kind(self) -> Kind:
        """What it holds."""
        if self.wanted is not None:
            return self.wanted
        if len(self._possible) == len(KINDS):
            return "text"  # all cells are empty
        found = next(kind for kind in KINDS if kind in self._possible)
        return "text" if found == "float" and not self._number else found


def value_of(text: str, kind: Kind) -> Any:
    """The value of a cell that isn't empty.

    Raises:
        ValueError: It isn't of that kind.
        RecursionError: Lists in lists, too deep.
    """
    if kind == "text":
        return text
    bare = text.strip()
    if kind == "json":
        value = json.loads(bare)
        if not isinstance(value, (list, dict)):
            raise ValueError(f"{text!r} is no list or dict")
        return value
    if kind == "bool":
        if bare in ("0", "1"):
            return bare == "1"
        if bare.lower() not in _TRUTH:
            raise ValueError(f"{text!r} is not true or false")
        return _TRUTH[bare.lower()]
    if not bare.isascii() or "_" in bare:
        raise ValueError(f"{text!r} is no number")
    if kind == "float":
        return float(bare)
    if _INT.fullmatch(bare):
        return int(bare)
    number = float(bare)
    if not number.is_integer():
        raise ValueError(f"{text!r} is no integer")
    return int(number)


def kind_of(annotation: ast.expr | None) -> tuple[Kind | None, bool]:
    """What kind of cell an annotation such as `int`, `list[float]` or `str | None` asks for.

    Returns:
        The kind, or None if it is open; and whether it may be None.
    """
    parts = _alternatives(annotation)
    names = {name for name in parts if name != "None"}
    kinds = {_WANTED.get(name) for name in names}
    if names == {"int", "float"}:
        kinds = {"float"}
    return (kinds.pop() if len(kinds) == 1 else None), "None" in parts


def _alternatives(node: ast.expr | None) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body  # of the user's own stub
        except (SyntaxError, ValueError):
            return {"?"}
    if isinstance(node, ast.Constant) and node.value is None:
        return {"None"}
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _alternatives(node.left) | _alternatives(node.right)
    if isinstance(node, ast.Subscript):
        name = _name(node.value)
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "Optional":
            return _alternatives(inner[0]) | {"None"}
        if name == "Union":
            return set().union(*map(_alternatives, inner))
        return {name}
    return {_name(node)}


def _name(node: ast.expr | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr if isinstance(node.value, ast.Name) and node.value.id == "typing" else "?"
    return node.id if isinstance(node, ast.Name) else "?"


def _kinds(text: str) -> set[Kind]:
    """The kinds that a cell may be of."""
    bare = text.strip()
    if bare.lower() in _TRUTH:
        return {"bool", "text"}
    if bare[:1] in ("[", "{"):
        try:
            value_of(bare, "json")
        except (ValueError, RecursionError):
            return {"text"}
        return {"json", "text"}
    if _INT.fullmatch(bare):
        return {"int", "float", "text"} if len(bare) <= _MAX_DIGITS else {"text"}
    if _NOT_FINITE.fullmatch(bare) or (_FLOAT.fullmatch(bare) and not _ZEROS.match(bare)):
        return {"float", "text"}
    return {"text"}
