"""Operators on constants and names: the smallest edits, in a long script the most useful."""

from __future__ import annotations

import ast
import math

import libcst as cst

from langprop.scripts.mutation.bench import Bench, Edit, expression, suits, wanted
from langprop.scripts.mutation.kinds import Kind, fits
from langprop.scripts.mutation.places import Site
from langprop.scripts.mutation.tree import code, renamed
from langprop.scripts.mutation.words import short

_LETTERS = "abcdefghijklmnopqrstuvwxyz ,.-0123456789"
MAX_TEXT = 200  # [characters] longer string constants are left alone
MAX_INT = 10**9  # integers don't drift beyond it


def constant(bench: Bench) -> Edit | None:
    """Change a constant: log-normal steps and signs of floats, small steps of integers, letters."""
    signed = {
        (*site.path, ("expression", -1)) for site in bench.index.sites if _is_negative(site.node)
    }
    site = bench.site(lambda s: s.path not in signed and _value(s.node) is not None)
    if (
        site is not None and site.wanted.values and bench.dice.chance(0.7)
    ):  # few members: numbers have more to gain
        site = (
            bench.site(
                lambda s: (
                    s.path not in signed and _value(s.node) is not None and not s.wanted.values
                )
            )
            or site
        )
    if site is None:
        return None
    value = _value(site.node)
    dice = bench.dice
    members = [
        member
        for member in site.wanted.values
        if member != value or type(member) is not type(value)
    ]
    if site.wanted.values and members and dice.chance(0.9):
        return Edit(site.path, expression(repr(dice.pick(members))))
    if isinstance(value, bool):
        return Edit(site.path, expression(str(not value)))
    if isinstance(value, int) and wanted(site).name != "float":
        return Edit(site.path, expression(repr(_int_step(bench, value))))
    if isinstance(value, (int, float)):
        return Edit(site.path, expression(_float_step(bench, float(value))))
    if isinstance(value, str) and not site.quoted and len(value) <= MAX_TEXT:
        return Edit(site.path, expression(repr(_str_step(bench, value))))
    return None


def name(bench: Bench) -> Edit | None:
    """Exchange a name for another one in scope, of the same kind if there is one."""
    dice = bench.dice
    if bench.index.targets and dice.chance(0.08):
        return _target(bench)
    site = bench.site(
        lambda s: isinstance(s.node, cst.Name) and s.node.value in s.env and len(s.env) > 1
    )
    if site is None:
        return None
    if not isinstance(site.node, cst.Name):
        return None
    others = [
        other for other in site.env if other != site.node.value and not other.startswith("__")
    ]
    same = [other for other in others if _alike(site.env[other], site)]
    loose = [
        other
        for other in others
        if site.env[other].name not in ("callable", "none") or site.kind.name == "callable"
    ]
    if same:
        choice = loose if dice.chance(0.1) and site.role not in ("object", "iterable") else same
    else:  # there is only what probably won't run
        choice = loose if dice.chance(0.2) else []
    return Edit(site.path, cst.Name(dice.pick(choice))) if choice else None


def rename(bench: Bench) -> Edit | None:
    """Exchange a name everywhere in an expression: the same slip is often made more than once."""
    names = [
        site
        for site in bench.index.sites
        if isinstance(site.node, cst.Name) and site.node.value in site.env and not site.quoted
    ]
    if not names:
        return None
    site = bench.dice.pick(names)
    around = [
        whole
        for whole in bench.index.sites
        if len(whole.path) < len(site.path) and site.path[: len(whole.path)] == whole.path
    ]
    others = [
        other
        for other, kind in site.env.items()
        if isinstance(site.node, cst.Name) and other != site.node.value and _alike(kind, site)
    ]
    if not around or not others or not isinstance(site.node, cst.Name):
        return None
    whole = bench.dice.pick(around)
    return Edit(whole.path, renamed(whole.node, {site.node.value: bench.dice.pick(others)}))


def terminal(bench: Bench) -> Edit | None:
    """Exchange a constant for a name in scope, or a name for a constant."""
    dice = bench.dice
    if dice.chance(0.5):
        site = bench.site(
            lambda s: _value(s.node) is not None and any(suits(kind, s) for kind in s.env.values())
        )
        if site is None:
            return None
        return Edit(
            site.path, cst.Name(dice.pick([n for n, kind in site.env.items() if suits(kind, site)]))
        )
    plain = ("int", "float", "str", "bool")
    site = bench.site(
        lambda s: (
            isinstance(s.node, cst.Name)
            and s.node.value in s.env
            and s.role not in ("object", "iterable")
            and s.kind.name in plain
        )
    )
    if site is None:
        return None
    new = expression(
        bench.writer.constant(wanted(site) if wanted(site).name in plain else site.kind)
    )
    return (
        None
        if site.quoted and not isinstance(new, (cst.Integer, cst.Float))
        else Edit(site.path, new)
    )


def _target(bench: Bench) -> Edit | None:
    """Assign to another local variable."""
    site = bench.dice.pick(bench.index.targets)
    if not isinstance(site.node, cst.Name):
        return None
    others = [
        name
        for name, kind in site.env.items()
        if name in site.scope.local and name != site.node.value and _alike(kind, site)
    ]
    return Edit(site.path, cst.Name(bench.dice.pick(others))) if others else None


def _alike(kind: Kind, site: Site) -> bool:
    """Whether a name of a kind may replace the one at a site."""
    if kind.number and site.kind.number:
        return site.kind.name != "int" or kind.name == "int" or site.wanted.name == "float"
    return kind.name == site.kind.name and (
        fits(kind.plain(), site.kind.plain())
        or fits(site.kind.plain(), kind.plain())
        or kind.name == "unknown"
    )


def _is_negative(node: cst.CSTNode) -> bool:
    return (
        isinstance(node, cst.UnaryOperation)
        and isinstance(node.operator, cst.Minus)
        and isinstance(node.expression, (cst.Integer, cst.Float))
    )


def _value(node: cst.CSTNode) -> bool | int | float | str | None:
    """The value of a constant; None for everything else."""
    literal = isinstance(node, (cst.Integer, cst.Float, cst.SimpleString)) or _is_negative(node)
    if not literal and not (isinstance(node, cst.Name) and node.value in ("True", "False")):
        return None
    try:
        value = ast.literal_eval(code(node).strip())
    except (ValueError, SyntaxError, MemoryError):
        return None
    return value if isinstance(value, (int, float, str)) else None


def _int_step(bench: Bench, value: int) -> int:
    dice = bench.dice
    for _ in range(4):
        new = dice.weighted(
            (
                (4, value + 1),
                (4, value - 1),
                (1, value * 2),
                (1, value // 2),
                (1, 0),
                (1.5, 1),
                (0.7, -value),
                (0.7, 2),
                (1, value + dice.between(-5, 5)),
                (1, round(value * dice.lognormal(0.4)) if abs(value) < MAX_INT else value),
                (1, int(bench.writer.constant(Kind("int")).text)),
            )
        )
        if new != value and abs(new) <= max(MAX_INT, abs(value)):
            return new
    return value + 1


def _float_step(bench: Bench, value: float) -> str:
    dice = bench.dice
    if not math.isfinite(value) or value == 0 or dice.chance(0.1):
        return bench.writer.constant(Kind("float")).text
    sigma = dice.pick((0.1, 0.3, 1.0))
    new = dice.weighted(
        (
            (8, value * dice.lognormal(sigma)),
            (1.5, -value),
            (0.7, 0.0),
            (0.7, 1.0),
            (1, value + 0.3 * dice.normal()),
            (1, float(f"{value:.1g}")),
        )
    )
    return short(max(-1e12, min(1e12, new)))


def _str_step(bench: Bench, value: str) -> str:
    dice = bench.dice
    if not value or dice.chance(0.25):
        pool = [text for text in bench.words.texts if text != value]
        if pool and dice.chance(0.6):
            return dice.pick(pool)
        return value + dice.pick(_LETTERS)
    where, letter = dice.below(len(value)), dice.pick(_LETTERS)
    if dice.chance(0.2):
        return value.swapcase()
    after = where + (0 if dice.chance(0.4) else 1)  # insert, or replace
    return value[:where] + (letter if dice.chance(0.7) else "") + value[after:]
