"""Operators on expressions: exchange an operator, a function, a part; grow and shrink."""

from __future__ import annotations

import libcst as cst

from langprop.scripts.mutation.bench import Bench, Edit, wanted
from langprop.scripts.mutation.kinds import FLOAT, INT
from langprop.scripts.mutation.places import Site
from langprop.scripts.mutation.tree import bracketed

_ARITHMETIC: tuple[type[cst.BaseBinaryOp], ...] = (
    cst.Add, cst.Subtract, cst.Multiply, cst.FloorDivide, cst.Modulo, cst.Divide,
)  # fmt: skip
_BITWISE: tuple[type[cst.BaseBinaryOp], ...] = (cst.BitAnd, cst.BitOr, cst.BitXor)
_ASSIGN: tuple[type[cst.BaseAugOp], ...] = (
    cst.AddAssign, cst.SubtractAssign, cst.MultiplyAssign, cst.FloorDivideAssign,
    cst.ModuloAssign, cst.DivideAssign,
)  # fmt: skip
_ORDER: tuple[type[cst.BaseCompOp], ...] = (
    cst.LessThan, cst.GreaterThan, cst.LessThanEqual, cst.GreaterThanEqual, cst.Equal,
    cst.NotEqual,
)  # fmt: skip
_OPPOSITES: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.In: cst.NotIn, cst.NotIn: cst.In, cst.Is: cst.IsNot, cst.IsNot: cst.Is,
}  # fmt: skip
_FAMILIES = (
    ("sum", "max", "min", "len"), ("any", "all"), ("sorted", "list", "reversed", "set"),
    ("int", "round", "abs", "float"), ("append", "extend", "remove"),
    ("isdigit", "isalpha", "isupper", "islower", "isspace", "isalnum"),
    ("upper", "lower", "strip", "title", "capitalize", "swapcase"), ("startswith", "endswith"),
    ("add", "discard"),
    ("sin", "cos", "tan", "tanh", "sqrt", "exp", "log", "atan", "arctan", "fabs", "abs", "sign",
     "square", "cbrt"),
    ("floor", "ceil", "isqrt", "trunc", "factorial"), ("gcd", "lcm", "comb", "perm"),
    ("atan2", "arctan2", "hypot"), ("sum", "mean", "max", "min", "std", "prod", "median", "var"),
    ("argmax", "argmin"), ("maximum", "minimum"), ("zeros", "ones"), ("keys", "values"),
    ("union", "intersection", "difference"), ("find", "rfind", "count", "index"),
)  # fmt: skip
_MATH_ONLY = frozenset(
    {"atan", "fabs", "isqrt", "factorial", "gcd", "lcm", "comb", "perm", "atan2"}
)
_NUMPY_ONLY = frozenset({"arctan", "sign", "square", "arctan2", "abs"})


def operator(bench: Bench) -> Edit | None:
    """Exchange an arithmetic operator, or its operands."""
    dice = bench.dice
    sites = [site for site in bench.index.sites if isinstance(site.node, cst.BinaryOperation)]
    if bench.index.operators and dice.chance(
        len(bench.index.operators) / (len(bench.index.operators) + len(sites))
    ):
        return _assignment(bench)
    if not sites:
        return None
    site = dice.pick(sites)
    if not isinstance(site.node, cst.BinaryOperation):
        return None
    if dice.chance(0.15) and not isinstance(site.node.operator, cst.Power):
        left, right = bracketed_operand(site.node.right), bracketed_operand(site.node.left)
        return Edit(site.path, site.node.with_changes(left=left, right=right))
    bitwise = isinstance(site.node.operator, _BITWISE)
    if not bitwise and site.kind.name not in ("int", "float", "array", "unknown"):
        return None
    kinds = (
        _BITWISE
        if bitwise
        else _ARITHMETIC[:5]
        if site.kind == INT or wanted(site) == INT
        else _ARITHMETIC
    )
    if site.kind == FLOAT:
        kinds = (cst.Add, cst.Subtract, cst.Multiply, cst.Divide)
    new = dice.pick([kind for kind in kinds if not isinstance(site.node.operator, kind)])()
    # The operands were written for another operator: brackets keep them together.
    left, right = bracketed_operand(site.node.left), bracketed_operand(site.node.right)
    return Edit(site.path, site.node.with_changes(operator=new, left=left, right=right))


def bracketed_operand(node: cst.BaseExpression) -> cst.BaseExpression:
    """An operand that stays together under any operator."""
    loose = (
        cst.BinaryOperation,
        cst.UnaryOperation,
        cst.Comparison,
        cst.BooleanOperation,
        cst.IfExp,
        cst.Await,
    )
    return bracketed(node) if isinstance(node, loose) and not node.lpar else node


def _assignment(bench: Bench) -> Edit | None:
    site = bench.dice.pick(bench.index.operators)
    if site.wanted.name not in ("int", "float", "unknown", "array"):
        return None
    kinds = _ASSIGN[:5] if site.wanted == INT else _ASSIGN[:3] + _ASSIGN[5:]
    return Edit((*site.path, ("operator", -1)), bench.dice.pick(kinds)())


def comparison(bench: Bench) -> Edit | None:
    """Exchange a comparison."""
    site = bench.site(lambda s: isinstance(s.node, cst.Comparison))
    if site is None:
        return None
    if not isinstance(site.node, cst.Comparison):
        return None
    where = bench.dice.below(len(site.node.comparisons))
    target = site.node.comparisons[where]
    old = type(target.operator)
    path = (*site.path, ("comparisons", where), ("operator", -1))
    if old in _OPPOSITES:
        return Edit(path, _OPPOSITES[old]())
    if bench.dice.chance(0.12) and len(site.node.comparisons) == 1:
        swapped = target.with_changes(comparator=site.node.left)
        return Edit(
            site.path, site.node.with_changes(left=target.comparator, comparisons=[swapped])
        )
    return Edit(path, bench.dice.pick([kind for kind in _ORDER if kind is not old])())


def boolean(bench: Bench) -> Edit | None:
    """Exchange `and` and `or`, negate a condition, or drop a negation."""
    dice = bench.dice
    connective = bench.site(lambda s: isinstance(s.node, cst.BooleanOperation))
    if connective is not None and dice.chance(0.6):
        if not isinstance(connective.node, cst.BooleanOperation):
            return None
        new: cst.BaseBooleanOp = (
            cst.Or() if isinstance(connective.node.operator, cst.And) else cst.And()
        )
        left, right = (
            bracketed_operand(connective.node.left),
            bracketed_operand(connective.node.right),
        )
        return Edit(
            connective.path, connective.node.with_changes(operator=new, left=left, right=right)
        )
    site = bench.site(
        lambda s: (
            s.role == "condition" or (s.kind.name == "bool" and not isinstance(s.node, cst.Name))
        )
    )
    if site is None or site.quoted:
        return None
    if isinstance(site.node, cst.UnaryOperation) and isinstance(site.node.operator, cst.Not):
        return Edit(site.path, site.node.expression)
    return Edit(site.path, cst.UnaryOperation(cst.Not(), bracketed_operand(site.node)))


def branches(bench: Bench) -> Edit | None:
    """Exchange the two values of a conditional expression."""
    site = bench.site(lambda s: isinstance(s.node, cst.IfExp))
    if site is None:
        return None
    if not isinstance(site.node, cst.IfExp):
        return None
    body, orelse = site.node.orelse, site.node.body
    return Edit(site.path, site.node.with_changes(body=bracketed_operand(body), orelse=orelse))


def call(bench: Bench) -> Edit | None:
    """Call another function of the same family."""
    found = [
        (site, name)
        for site in bench.index.callees
        for name in [_called(site)]
        if any(name in f for f in _FAMILIES)
    ]
    if not found:
        return None
    site, name = bench.dice.pick(found)
    family = bench.dice.pick([family for family in _FAMILIES if name in family])
    others = [other for other in family if other != name]
    if isinstance(site.node, cst.Attribute):
        module = site.node.value.value if isinstance(site.node.value, cst.Name) else ""
        modules = bench.index.modules
        if module == modules.get("math"):
            others = [other for other in others if other not in _NUMPY_ONLY]
        elif module == modules.get("numpy"):
            others = [other for other in others if other not in _MATH_ONLY]
        return (
            Edit((*site.path, ("attr", -1)), cst.Name(bench.dice.pick(others))) if others else None
        )
    if name not in _BUILTIN_FAMILIES or name in bench.index.names:
        return None
    others = [
        other for other in others if other in _BUILTIN_FAMILIES and other not in bench.index.names
    ]
    return Edit(site.path, cst.Name(bench.dice.pick(others))) if others else None


_BUILTIN_FAMILIES = frozenset(name for family in _FAMILIES[:4] for name in family)


def _called(site: Site) -> str:
    if isinstance(site.node, cst.Attribute):
        return site.node.attr.value
    return site.node.value if isinstance(site.node, cst.Name) else ""
