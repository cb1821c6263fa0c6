"""Inference: what kind of value an expression gives, as far as a glance tells."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from langprop.scripts.mutation.kinds import (
    ARRAY,
    BOOL,
    BYTES,
    CALLABLE,
    FLOAT,
    INT,
    NONE,
    STR,
    UNKNOWN,
    Kind,
    join,
)

_BUILTINS = {
    "len": INT, "int": INT, "ord": INT, "hash": INT, "id": INT, "float": FLOAT, "str": STR,
    "chr": STR, "repr": STR, "bin": STR, "hex": STR, "oct": STR, "format": STR, "bool": BOOL,
    "any": BOOL, "all": BOOL, "isinstance": BOOL, "callable": BOOL, "bytes": BYTES, "round": INT,
    "print": NONE,
}  # fmt: skip
_METHODS = {
    "split": Kind("list", (STR,)), "splitlines": Kind("list", (STR,)), "join": STR, "upper": STR,
    "lower": STR, "strip": STR, "lstrip": STR, "rstrip": STR, "title": STR, "capitalize": STR,
    "swapcase": STR, "replace": STR, "zfill": STR, "format": STR, "count": INT, "find": INT,
    "rfind": INT, "index": INT, "bit_length": INT, "startswith": BOOL, "endswith": BOOL,
    "isdigit": BOOL, "isalpha": BOOL, "isupper": BOOL, "islower": BOOL, "isspace": BOOL,
    "isalnum": BOOL, "issubset": BOOL, "append": NONE, "extend": NONE, "insert": NONE,
    "add": NONE, "remove": NONE, "discard": NONE, "clear": NONE, "sort": NONE, "reverse": NONE,
    "update": NONE,
}  # fmt: skip
_INT_MATH = ("gcd", "lcm", "isqrt", "floor", "ceil", "trunc", "factorial", "comb", "perm")


def kind_of(node: cst.BaseExpression, env: Mapping[str, Kind]) -> Kind:
    """The kind of what an expression gives.

    Args:
        node: The expression.
        env: Names in scope.
    """
    if isinstance(node, cst.Name):
        if node.value in ("True", "False"):
            return BOOL
        return NONE if node.value == "None" else env.get(node.value, UNKNOWN)
    if isinstance(node, cst.BinaryOperation):
        return _binary(node, env)
    if isinstance(node, cst.UnaryOperation):
        return BOOL if isinstance(node.operator, cst.Not) else kind_of(node.expression, env).plain()
    if isinstance(node, cst.BooleanOperation):
        return join(kind_of(node.left, env).plain(), kind_of(node.right, env).plain())
    if isinstance(node, cst.IfExp):
        return join(kind_of(node.body, env).plain(), kind_of(node.orelse, env).plain())
    if isinstance(node, cst.Call):
        return _call(node, env)
    if isinstance(node, cst.Subscript):
        return _subscript(node, env)
    if isinstance(node, (cst.List, cst.Set, cst.Tuple)):
        kinds = [
            kind_of(element.value, env).plain()
            for element in node.elements
            if isinstance(element, cst.Element)
        ]
        if isinstance(node, cst.Tuple):
            starred = len(kinds) < len(node.elements)
            return Kind("vartuple", (UNKNOWN,)) if starred else Kind("tuple", tuple(kinds))
        return Kind("list" if isinstance(node, cst.List) else "set", (_joined(kinds),))
    if isinstance(node, cst.Dict):
        pairs = [element for element in node.elements if isinstance(element, cst.DictElement)]
        return Kind(
            "dict",
            (
                _joined([kind_of(p.key, env) for p in pairs]),
                _joined([kind_of(p.value, env) for p in pairs]),
            ),
        )
    if isinstance(node, (cst.ListComp, cst.SetComp, cst.GeneratorExp)):
        inner = comprehension_env(node.for_in, env)
        return Kind(
            "set" if isinstance(node, cst.SetComp) else "list", (kind_of(node.elt, inner).plain(),)
        )
    if isinstance(node, cst.DictComp):
        inner = comprehension_env(node.for_in, env)
        return Kind("dict", (kind_of(node.key, inner).plain(), kind_of(node.value, inner).plain()))
    return (
        _LEAVES.get(type(node), UNKNOWN)
        if not isinstance(node, cst.NamedExpr)
        else kind_of(node.value, env)
    )


_LEAVES = {
    cst.Integer: INT, cst.Float: FLOAT, cst.SimpleString: STR, cst.ConcatenatedString: STR,
    cst.FormattedString: STR, cst.Comparison: BOOL, cst.Lambda: CALLABLE,
}  # fmt: skip


def _joined(kinds: list[Kind]) -> Kind:
    kind = kinds[0] if kinds else UNKNOWN
    for other in kinds[1:]:
        kind = join(kind, other)
    return kind


def _binary(node: cst.BinaryOperation, env: Mapping[str, Kind]) -> Kind:
    left, right = kind_of(node.left, env).plain(), kind_of(node.right, env).plain()
    left, right = (INT if kind == BOOL else kind for kind in (left, right))
    if ARRAY in (left, right):
        return ARRAY
    if isinstance(node.operator, cst.Divide):
        return FLOAT if left.number or right.number else UNKNOWN
    if left.name == "str":
        return STR
    if left.number and right.number:
        return INT if left == right == INT else FLOAT
    if isinstance(node.operator, cst.Multiply) and right.name in ("list", "str", "vartuple"):
        return right
    if left.name in ("list", "vartuple", "set", "dict"):
        return join(left, right) if left.name == right.name else left
    return left if right == UNKNOWN else right if left == UNKNOWN else UNKNOWN


def _call(node: cst.Call, env: Mapping[str, Kind]) -> Kind:
    values = [
        argument.value for argument in node.args if argument.keyword is None and not argument.star
    ]
    first = kind_of(values[0], env).plain() if values else UNKNOWN
    if isinstance(node.func, cst.Attribute):
        return _method(node.func, first, env)
    if not isinstance(node.func, cst.Name):
        return UNKNOWN
    name = node.func.value
    if name in env:
        kind = env[name]
        return kind.items[0] if kind.name == "callable" and kind.items else UNKNOWN
    if name in ("max", "min", "sum", "abs"):
        if name == "abs" or (len(values) > 1 and name != "sum"):
            return _joined([kind_of(value, env).plain() for value in values])
        return INT if first.item == BOOL else first.item
    if name == "range":
        return Kind("list", (INT,))
    if name in ("list", "sorted", "reversed", "tuple", "set", "frozenset", "iter"):
        container = {"tuple": "vartuple", "set": "set", "frozenset": "set"}.get(name, "list")
        return Kind(container, (first.item,))
    if name == "enumerate":
        return Kind("list", (Kind("tuple", (INT, first.item)),))
    if name == "zip":
        return Kind("list", (Kind("tuple", tuple(kind_of(value, env).item for value in values)),))
    if name in ("map", "filter"):
        return Kind(
            "list",
            (kind_of(values[1], env).item if name == "filter" and len(values) > 1 else UNKNOWN,),
        )
    if name == "dict":
        return first if first.name == "dict" else Kind("dict", (UNKNOWN, UNKNOWN))
    if name == "round" and len(values) > 1:
        return FLOAT
    return _BUILTINS.get(name, UNKNOWN)


def _method(func: cst.Attribute, first: Kind, env: Mapping[str, Kind]) -> Kind:
    name, owner = func.attr.value, kind_of(func.value, env)
    if isinstance(func.value, cst.Name) and func.value.value not in env:  # a module
        module = func.value.value
        if module == "math":
            return INT if name in _INT_MATH else BOOL if name.startswith("is") else FLOAT
        if module in ("np", "numpy"):
            scalars = ("sum", "mean", "max", "min", "std", "prod", "median", "dot")
            return FLOAT if name in scalars or first.number else ARRAY
        return UNKNOWN
    if owner.name == "dict":
        key, value = owner.items if len(owner.items) == 2 else (UNKNOWN, UNKNOWN)
        return {
            "get": value, "pop": value, "setdefault": value, "keys": Kind("list", (key,)),
            "values": Kind("list", (value,)), "copy": owner,
            "items": Kind("list", (Kind("tuple", (key, value)),)),
        }.get(name, UNKNOWN)  # fmt: skip
    if owner.name in ("list", "set") and name in (
        "pop",
        "copy",
        "union",
        "intersection",
        "difference",
    ):
        return owner.item if name == "pop" else owner
    if owner.name == "array":
        return FLOAT if name in ("sum", "mean", "max", "min", "std", "prod") else ARRAY
    return _METHODS.get(name, UNKNOWN)


def _subscript(node: cst.Subscript, env: Mapping[str, Kind]) -> Kind:
    owner = kind_of(node.value, env).plain()
    if len(node.slice) != 1:
        return FLOAT if owner.name == "array" else UNKNOWN
    part = node.slice[0].slice
    if isinstance(part, cst.Slice):
        return Kind("vartuple", (owner.item,)) if owner.name == "tuple" else owner
    if owner.name == "dict" and len(owner.items) == 2:
        return owner.items[1]
    if (
        owner.name == "tuple"
        and isinstance(part, cst.Index)
        and isinstance(part.value, cst.Integer)
    ):
        index = int(part.value.value, 0) if part.value.value.isdigit() else 0
        return owner.items[index] if index < len(owner.items) else UNKNOWN
    return owner.item if owner.name != "set" else UNKNOWN


def targets(node: cst.BaseExpression, kind: Kind = UNKNOWN) -> dict[str, Kind]:
    """Names that an assignment target binds, with their kinds."""
    if isinstance(node, cst.Name):
        return {node.value: kind.plain()}
    found: dict[str, Kind] = {}
    if isinstance(node, (cst.Tuple, cst.List)):
        exact = kind.name == "tuple" and len(kind.items) == len(node.elements)
        for index, element in enumerate(node.elements):
            if isinstance(element, cst.StarredElement):
                found.update(targets(element.value, Kind("list", (kind.item,))))
            else:
                found.update(targets(element.value, kind.items[index] if exact else kind.item))
    return found


def comprehension_env(loop: cst.CompFor, env: Mapping[str, Kind]) -> dict[str, Kind]:
    """The scope inside a comprehension."""
    inner = dict(env)
    current: cst.CompFor | None = loop
    while current is not None:
        inner.update(targets(current.target, kind_of(current.iter, inner).item))
        current = current.inner_for_in
    return inner
