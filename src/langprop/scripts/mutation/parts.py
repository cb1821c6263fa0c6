"""Operators on sub-expressions: replace, wrap, add a term, hoist, copy."""

from __future__ import annotations

import libcst as cst

from langprop.scripts.mutation.bench import Bench, Edit, expression, in_scope, suits, wanted
from langprop.scripts.mutation.expressions import bracketed_operand
from langprop.scripts.mutation.kinds import BOOL, FLOAT, INT, UNKNOWN, Kind
from langprop.scripts.mutation.places import Site
from langprop.scripts.mutation.tree import bracketed, code
from langprop.scripts.mutation.words import short


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
        forms = [
            (4, f"{old} + 1"),
            (4, f"{old} - 1"),
            (6, f"{old} {sign} {leaf}"),
            (2, f"{leaf} {sign} {old}"),
            (0.7, f"abs({code(site.node)})"),
            (1, f"{dice.pick(('max', 'min'))}({code(site.node)}, {leaf})"),
        ]
    elif kind == FLOAT or kind.name == "array":
        names = writer.names(FLOAT, env) or ["1.0"]
        leaf = writer.expression(FLOAT, env, 0 if dice.chance(0.7) else 1).inside(15)
        term = f"{short(dice.lognormal(1.0))} * {dice.pick(names)}"
        sign = dice.weighted(((3, "+"), (3, "-"), (3, "*"), (1, "/")))
        forms = [
            (6, f"{old} {dice.pick(('+', '-'))} {term}"),
            (4, f"{old} {sign} {leaf}"),
            (1, f"{leaf} {sign} {old}"),
            (1, f"{short(dice.lognormal(1.0))} * {old}"),
            (0.7, f"abs({code(site.node)})"),
            (0.7, f"-{old}"),
        ]
        if kind == FLOAT:
            forms.append((1.5, f"{dice.pick(('max', 'min'))}({code(site.node)}, {leaf})"))
        module = bench.words.modules.get("numpy") or bench.words.modules.get("math")
        if module:
            function = dice.pick(("sin", "cos", "tanh", "sqrt", "exp"))
            forms.append((2, f"{module}.{function}({code(site.node)})"))
    elif kind.name == "str":
        leaf = writer.expression(kind, env, 0).inside(11)
        forms = [
            (3, f"{old} + {leaf}"),
            (3, f"{leaf} + {old}"),
            (1, f"{old}[::-1]"),
            (1, f"{old}[1:]"),
            (1, f"{old}.lower()"),
            (1, f"{old}.strip()"),
        ]
    elif kind.name == "list":
        forms = [
            (2, f"{old}[::-1]"),
            (2, f"{old}[1:]"),
            (1, f"{old}[:-1]"),
            (2, f"sorted({code(site.node)})"),
            (2, f"{old} + {writer.expression(kind, env, 0).inside(11)}"),
        ]
    if kind != UNKNOWN:
        other = writer.expression(kind, env, 0).inside(2)
        forms.append((1.5, f"{old} if {writer.condition(env, 0).inside(2)} else {other}"))
    return Edit(site.path, expression(dice.weighted(forms))) if forms else None


def term(bench: Bench) -> Edit | None:
    """Add a weighted variable to a number, or weigh one: a step through the linear functions."""
    dice = bench.dice
    site = bench.site(
        lambda s: (
            wanted(s).name == "float"
            and s.role not in ("object", "iterable", "index")
            and not s.quoted
            and not isinstance(s.node, (cst.Integer, cst.Float))
        )
    )
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
    parts = [
        site
        for site in sites
        if len(site.path) > depth
        and site.path[:depth] == compound.path
        and (
            suits(site.kind, compound)
            or (site.role == "condition" and compound.role == "condition")
        )
        and in_scope(site.node, compound, bench.index)
    ]
    return Edit(compound.path, bench.dice.pick(parts).node) if parts else None


def copy(bench: Bench) -> Edit | None:
    """Replace an expression by a copy of another one of the same kind."""
    site = bench.site(lambda s: s.role not in ("object", "iterable") and not s.quoted)
    if site is None:
        return None
    depth = len(site.path)
    others = [
        other
        for other in bench.index.sites
        if other.node is not site.node
        and other.path[:depth] != site.path
        and site.path[: len(other.path)] != other.path
        and suits(other.kind, site)
        and not other.quoted
    ]
    if not others:
        return None
    other = bench.dice.pick(others)
    return Edit(site.path, other.node) if in_scope(other.node, site, bench.index) else None
