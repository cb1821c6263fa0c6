"""Kind: the coarse type of a value, which keeps random edits mostly runnable."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

MAX_ALIASES = 8  # names followed from one alias to the next; a cycle of aliases ends here


@dataclass(frozen=True)
class Kind:
    """The coarse type of a value.

    Attributes:
        name: "int", "float", "bool", "str", "bytes", "none", "list", "vartuple" (any length),
            "tuple" (fixed length), "dict", "set", "array" (numpy), "callable" or "unknown".
        items: Kinds of the elements: one for a list, vartuple or set, two (key, value) for a dict,
            one each for a tuple, and what a callable returns.
        values: The members of a closed set (`Literal`), or () if the set is open.
        optional: None is a member too.
    """

    name: str
    items: tuple[Kind, ...] = ()
    values: tuple[Any, ...] = ()
    optional: bool = False

    @property
    def item(self) -> Kind:
        """What iterating over a value gives."""
        if self.name == "str":
            return STR
        if self.name == "bytes":
            return INT
        if self.name == "array":
            return FLOAT
        if self.name == "tuple":
            return self.items[0] if len(set(self.items)) == 1 else UNKNOWN
        return self.items[0] if self.items and self.name != "callable" else UNKNOWN

    @property
    def number(self) -> bool:
        """An int or a float."""
        return self.name in ("int", "float")

    @property
    def sized(self) -> bool:
        """Has a length and can be iterated over."""
        return self.name in ("str", "bytes", "list", "vartuple", "tuple", "dict", "set", "array")

    @property
    def sequence(self) -> bool:
        """Can be sliced and indexed with integers."""
        return self.name in ("str", "bytes", "list", "vartuple", "array")

    def plain(self) -> Kind:
        """The same without the closed set and without None."""
        return replace(self, values=(), optional=False) if self.values or self.optional else self


INT, FLOAT, BOOL, STR, BYTES = Kind("int"), Kind("float"), Kind("bool"), Kind("str"), Kind("bytes")
NONE, ARRAY, UNKNOWN, CALLABLE = Kind("none"), Kind("array"), Kind("unknown"), Kind("callable")


def fits(given: Kind, wanted: Kind) -> bool:
    """Whether a value of one kind can stand where another is expected; unknown fits unknown."""
    if wanted.name == given.name:
        if wanted.name in ("tuple",) and len(wanted.items) != len(given.items):
            return False
        pairs = zip(given.items, wanted.items, strict=False)
        return all(fits(a, b) or UNKNOWN in (a, b) for a, b in pairs)
    if wanted.name == "float":
        return given.name == "int"
    return wanted.name == "int" and given.name == "bool" and bool(wanted.values)


def join(a: Kind, b: Kind) -> Kind:
    """The kind of a name that may hold either."""
    if b in (a, UNKNOWN):
        return a
    if a == UNKNOWN:
        return b
    if a.number and b.number:
        return FLOAT
    if a.name == b.name:
        if len(a.items) == len(b.items):
            return Kind(a.name, tuple(map(join, a.items, b.items)))
        return a if a.items else b
    return UNKNOWN


_PLAIN = {
    "int": INT, "float": FLOAT, "bool": BOOL, "str": STR, "bytes": BYTES, "None": NONE,
    "ndarray": ARRAY, "NDArray": ARRAY, "ArrayLike": ARRAY, "Callable": CALLABLE,
    "SupportsFloat": FLOAT, "Number": FLOAT, "integer": INT, "floating": FLOAT, "int8": INT,
    "int32": INT, "int64": INT, "float32": FLOAT, "float64": FLOAT,
}  # fmt: skip
_SINGLE = {
    "list": "list", "List": "list", "Sequence": "list", "MutableSequence": "list",
    "Iterable": "list", "Collection": "list", "Iterator": "list", "set": "set", "Set": "set",
    "frozenset": "set", "FrozenSet": "set", "AbstractSet": "set",
}  # fmt: skip
_DICTS = ("dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict")


def from_annotation(
    node: ast.expr | None, aliases: Mapping[str, ast.expr] | None = None, depth: int = MAX_ALIASES
) -> Kind:
    """Read an annotation.

    Args:
        node: The annotation, or None.
        aliases: Type aliases of the module: name → expression.
        depth: Aliases that may still be followed.

    Returns:
        The kind; `UNKNOWN` for what isn't understood.
    """
    aliases = aliases or {}

    def read(part: ast.expr) -> Kind:
        return from_annotation(part, aliases, depth - 1)

    if node is None or depth <= 0:
        return UNKNOWN
    if isinstance(node, ast.Constant):
        if node.value is None:
            return NONE
        if isinstance(node.value, str):
            try:
                return read(ast.parse(node.value, mode="eval").body)
            except (SyntaxError, ValueError):
                return UNKNOWN
        return UNKNOWN
    name = _last_name(node)
    if isinstance(node, (ast.Name, ast.Attribute)):
        if name in aliases:
            return read(aliases[name])
        if name in _SINGLE:
            return Kind(_SINGLE[name], (UNKNOWN,))
        if name in _DICTS:
            return Kind("dict", (UNKNOWN, UNKNOWN))
        return (
            Kind("vartuple", (UNKNOWN,))
            if name in ("tuple", "Tuple")
            else _PLAIN.get(name, UNKNOWN)
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _union([read(node.left), read(node.right)])
    if isinstance(node, ast.Subscript):
        return _generic(_last_name(node.value), node.slice, read)
    return UNKNOWN


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _generic(name: str, argument: ast.expr, read: Callable[[ast.expr], Kind]) -> Kind:
    parts = list(argument.elts) if isinstance(argument, ast.Tuple) else [argument]
    if name == "Literal":
        return _closed(parts)
    if name in ("Annotated", "Final", "ClassVar"):
        return read(parts[0]) if parts else UNKNOWN
    if name in ("Optional", "Union"):
        return _union([*map(read, parts), *([NONE] if name == "Optional" else [])])
    if name in _SINGLE:
        return Kind(_SINGLE[name], (read(parts[0]),)) if parts else UNKNOWN
    if name in _DICTS:
        return Kind("dict", (read(parts[0]), read(parts[1]))) if len(parts) > 1 else UNKNOWN
    if name == "Counter":
        return Kind("dict", (read(parts[0]), INT))
    if name in ("tuple", "Tuple"):
        last = parts[-1] if parts else None
        if isinstance(last, ast.Constant) and last.value is Ellipsis:
            return Kind("vartuple", (read(parts[0]),))
        return Kind("tuple", tuple(map(read, parts)))
    if name == "Callable":
        return Kind("callable", (read(parts[-1]),))
    return _PLAIN.get(name, UNKNOWN)


def _closed(parts: Iterable[ast.expr]) -> Kind:
    """The kind of a `Literal`: members of several types are told apart by the first."""
    values = []
    for part in parts:
        try:
            values.append(ast.literal_eval(part))
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return UNKNOWN
    known = [value for value in values if value is not None]
    if not known:
        return NONE
    kind = from_value(known[0])
    return Kind(kind.name, values=tuple(known), optional=len(known) < len(values))


def _union(kinds: list[Kind]) -> Kind:
    known = [kind for kind in kinds if kind != NONE]
    if not known:
        return NONE
    kind = FLOAT if len(known) > 1 and all(k.number for k in known) else known[0]
    if len(known) > 1 and all(k.values for k in known):
        kind = Kind(known[0].name, values=tuple(v for k in known for v in k.values))
    return replace(kind, optional=True) if len(known) < len(kinds) else kind


def from_value(value: Any, depth: int = 4) -> Kind:
    """The kind of a value; containers are judged by their first elements. A kind stays itself."""
    if isinstance(value, Kind):
        return value
    if value is None:
        return NONE
    name = type(value).__name__
    for kind, types in ((BOOL, bool), (INT, int), (FLOAT, float), (STR, str), (BYTES, bytes)):
        if isinstance(value, types):
            return kind
    if depth <= 0:
        return UNKNOWN
    if isinstance(value, (list, set, frozenset)):
        items = [from_value(item, depth - 1) for item in islice(value, 8)]
        kind = items[0] if items else UNKNOWN
        for item in items[1:]:
            kind = join(kind, item)
        return Kind("list" if isinstance(value, list) else "set", (kind,))
    if isinstance(value, tuple):
        return Kind("tuple", tuple(from_value(item, depth - 1) for item in value[:16]))
    if isinstance(value, dict):
        pair = next(iter(value.items()), None)
        kinds = (
            (from_value(pair[0], depth - 1), from_value(pair[1], depth - 1))
            if pair
            else (UNKNOWN, UNKNOWN)
        )
        return Kind("dict", kinds)
    numpy = sys.modules.get("numpy")  # a numpy value can only come from a numpy that is loaded
    if numpy is not None:
        if isinstance(value, numpy.ndarray):
            return ARRAY if value.ndim else FLOAT
        if isinstance(value, numpy.generic):
            return {"b": BOOL, "i": INT, "u": INT, "f": FLOAT}.get(value.dtype.kind, UNKNOWN)
    return CALLABLE if callable(value) and name == "function" else UNKNOWN
