"""Operators on expressions: exchange an operator, a function or a sub-expression; grow and shrink."""

from __future__ import annotations

import libcst as cst

from langprop.scripts.mutation.bench import Bench, Edit, expression, in_scope, suits, wanted
from langprop.scripts.mutation.kinds import BOOL, FLOAT, INT, UNKNOWN, Kind
from langprop.scripts.mutation.places import Site
from langprop.scripts.mutation.tree import bracketed, code
from langprop.scripts.mutation.words import short

_ARITHMETIC: tuple[type[cst.BaseBinaryOp], ...] = (
    cst.Add, cst.Subtract, cst.Multiply, cst.FloorDivide, cst.Modulo, cst.Divide,
)  # fmt: skip
_BITWISE: tuple[type[cst.BaseBinaryOp], ...] = (cst.BitAnd, cst.BitOr, cst.BitXor)
_ASSIGN: tuple[type[cst.BaseAugOp], ...] = (
    cst.AddAssign, cst.SubtractAssign, cst.MultiplyAssign, cst.FloorDivideAssign, cst.ModuloAssign, cst.DivideAssign,
)  # fmt: skip
_ORDER: tuple[type[cst.BaseCompOp], ...] = (
    cst.LessThan, cst.GreaterThan, cst.LessThanEqual, cst.GreaterThanEqual, cst.Equal, cst.NotEqual,
)  # fmt: skip
_OPPOSITES: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.In: cst.NotIn, cst.NotIn: cst.In, cst.Is: cst.IsNot, cst.IsNot: cst.Is,
}  # fmt: skip
_FAMILIES = (
    ("sum", "max", "min", "len"), ("any", "all"), ("sorted", "list", "reversed", "set"), ("int", "round", "abs", "float"),
    ("append", "extend", "remove"), ("isdigit", "isalpha", "isupper", "islower", "isspace", "isalnum"),
    ("upper", "lower", "strip", "title", "capitalize", "swapcase"), ("startswith", "endswith"), ("add", "discard"),
    ("sin", "cos", "tan", "tanh", "sqrt", "exp", "log", "atan", "arctan", "fabs", "abs", "sign", "square", "cbrt"),
    ("floor", "ceil", "isqrt", "trunc", "factorial"), ("gcd", "lcm", "comb", "perm"), ("atan2", "arctan2", "hypot"),
    ("sum", "mean", "max", "min", "std", "prod", "median", "var"), ("argmax", "argmin"), ("maximum", "minimum"),
    ("zeros", "ones"), ("keys", "values"), ("union", "intersection", "difference"), ("find", "rfind", "count", "index"),
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
    assert isinstance(site.node, cst.BinaryOperation)  # noqa: S101 - for mypy
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
    assert isinstance(site.node, cst.Comparison)  # noqa: S101 - for mypy
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
        assert isinstance(connective.node, cst.BooleanOperation)  # noqa: S101 - for mypy
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
            s.role == "condition" or s.kind.name == "bool" and not isinstance(s.node, cst.Name)
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
    assert isinstance(site.node, cst.IfExp)  # noqa: S101 - for mypy
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


def replace(bench: Bench) -> Edit | None:
    """Replace a sub-expression by a random one of the kind that is wanted there."""
    site = bench.site(lambda s: s.role != "object" and not s.quoted and s.kind.name != "callable")
    if site is None:
        return None
    if site.role == "iterable":
        return Edit(site.path, expression(bench.writer.iterable(site.env)[0]))
    depth = bench.dice.weighted(((3, 0), (4, 1), (2, 2)))
    return Edit(site.path, expression(bench.writer.expression(_target(site), site.env, depth)))


def _target(site: Site) -> Kind:
    return BOOL if site.role == "condition" else wanted(site)


def wrap(bench: Bench) -> Edit | None:
    """Make a sub-expression an operand of a larger one of the same kind."""
    dice, writer = bench.dice, bench.writer
    site = bench.site(
        lambda s: (
            s.role not in ("object", "iterable")
            and not s.quoted
            and s.kind.name not in ("callable", "none")
        )
    )
    if site is None or site.wanted.values:
        return None
    old = code(
        bracketed_operand(site.node)
        if not isinstance(site.node, cst.Lambda)
        else bracketed(site.node)
    )
    env, kind = site.env, wanted(site)
    if kind.name == "bool" or site.role == "condition":
        word, other = dice.pick(("and", "or")), writer.condition(env, 0).inside(5)
        return Edit(
            site.path,
            expression(f"{old} {word} {other}" if dice.chance(0.7) else f"{other} {word} {old}"),
        )
    forms: list[tuple[float, str]] = []
    if kind == INT:
        leaf = writer.expression(INT, env, 0 if dice.chance(0.7) else 1).inside(15)
        sign = dice.weighted(((4, "+"), (4, "-"), (3, "*"), (1, "//"), (1, "%")))
        forms = [(4, f"{old} + 1"), (4, f"{old} - 1"), (6, f"{old} {sign} {leaf}"), (2, f"{leaf} {sign} {old}"),
                 (0.7, f"abs({code(site.node)})"), (1, f"{dice.pick(('max', 'min'))}({code(site.node)}, {leaf})")]  # fmt: skip
    elif kind == FLOAT or kind.name == "array":
        names = writer.names(FLOAT, env) or ["1.0"]
        leaf = writer.expression(FLOAT, env, 0 if dice.chance(0.7) else 1).inside(15)
        term = f"{short(dice.lognormal(1.0))} * {dice.pick(names)}"
        sign = dice.weighted(((3, "+"), (3, "-"), (3, "*"), (1, "/")))
        forms = [(6, f"{old} {dice.pick(('+', '-'))} {term}"), (4, f"{old} {sign} {leaf}"), (1, f"{leaf} {sign} {old}"),
                 (1, f"{short(dice.lognormal(1.0))} * {old}"), (0.7, f"abs({code(site.node)})"), (0.7, f"-{old}")]  # fmt: skip
        if kind == FLOAT:
            forms.append((1.5, f"{dice.pick(('max', 'min'))}({code(site.node)}, {leaf})"))
        module = bench.words.modules.get("numpy") or bench.words.modules.get("math")
        if module:
            forms.append(
                (
                    2,
                    f"{module}.{dice.pick(('sin', 'cos', 'tanh', 'sqrt', 'exp'))}({code(site.node)})",
                )
            )
    elif kind.name == "str":
        leaf = writer.expression(kind, env, 0).inside(11)
        forms = [(3, f"{old} + {leaf}"), (3, f"{leaf} + {old}"), (1, f"{old}[::-1]"), (1, f"{old}[1:]"), (1, f"{old}.lower()"),
                 (1, f"{old}.strip()")]  # fmt: skip
    elif kind.name == "list":
        forms = [(2, f"{old}[::-1]"), (2, f"{old}[1:]"), (1, f"{old}[:-1]"), (2, f"sorted({code(site.node)})"),
                 (2, f"{old} + {writer.expression(kind, env, 0).inside(11)}")]  # fmt: skip
    if kind != UNKNOWN:
        other = writer.expression(kind, env, 0).inside(2)
        forms.append((1.5, f"{old} if {writer.condition(env, 0).inside(2)} else {other}"))
    return Edit(site.path, expression(dice.weighted(forms))) if forms else None


def term(bench: Bench) -> Edit | None:
    """Add a weighted variable to a number, or give a variable a weight: one step through the linear functions."""
    dice = bench.dice
    site = bench.site(lambda s: wanted(s).name == "float" and s.role not in ("object", "iterable", "index") and not s.quoted
                      and not isinstance(s.node, (cst.Integer, cst.Float)))  # fmt: skip
    names = bench.writer.names(FLOAT, site.env) if site is not None else []
    if site is None or not names:
        return None
    old = code(bracketed_operand(site.node))
    weight = short(dice.lognormal(1.0) * dice.pick((0.1, 0.3, 1.0)))
    if isinstance(site.node, cst.Name) and dice.chance(0.5):
        return Edit(site.path, expression(f"{weight} * {old}"))
    if isinstance(site.node, cst.BinaryOperation):  # a sum needs no brackets before another term
        old = code(site.node)
    return Edit(
        site.path, expression(f"{old} {dice.pick(('+', '-'))} {weight} * {dice.pick(names)}")
    )


def hoist(bench: Bench) -> Edit | None:
    """Replace an expression by a part of itself."""
    sites = bench.index.sites
    compound = bench.site(lambda s: bool(s.node.children) and s.role != "object")
    if compound is None:
        return None
    depth = len(compound.path)
    parts = [site for site in sites if len(site.path) > depth and site.path[:depth] == compound.path
             and (suits(site.kind, compound) or site.role == "condition" and compound.role == "condition")
             and in_scope(site.node, compound, bench.index)]  # fmt: skip
    return Edit(compound.path, bench.dice.pick(parts).node) if parts else None


def copy(bench: Bench) -> Edit | None:
    """Replace an expression by a copy of another one of the same kind."""
    site = bench.site(lambda s: s.role not in ("object", "iterable") and not s.quoted)
    if site is None:
        return None
    depth = len(site.path)
    others = [other for other in bench.index.sites if other.node is not site.node and other.path[:depth] != site.path
              and site.path[: len(other.path)] != other.path and suits(other.kind, site) and not other.quoted]  # fmt: skip
    if not others:
        return None
    other = bench.dice.pick(others)
    return Edit(site.path, other.node) if in_scope(other.node, site, bench.index) else None
