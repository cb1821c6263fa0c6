"""Crossover: put a part of one script into another, with names that exist there."""

from __future__ import annotations

import libcst as cst

from langprop.scripts.mutation.bench import Bench, Edit, suits
from langprop.scripts.mutation.bindings import bindings, free_names
from langprop.scripts.mutation.kinds import UNKNOWN, Kind
from langprop.scripts.mutation.places import Block, Index
from langprop.scripts.mutation.statements import ends, movable
from langprop.scripts.mutation.tree import renamed
from langprop.scripts.mutation.words import Env


def graft(bench: Bench) -> Edit | None:
    """Replace an expression by one of the donor's."""
    dice, donor = bench.dice, bench.donor
    site = bench.site(lambda s: s.role not in ("object", "iterable") and not s.quoted)
    if donor is None or site is None:
        return None
    others = [
        other
        for other in donor.sites
        if suits(other.kind, site) and not other.quoted and other.role != "object"
    ]
    if not others:
        return None
    other = dice.pick(others)
    adapted = _adapted(bench, other.node, other.env, site.env)
    return Edit(site.path, adapted) if isinstance(adapted, cst.BaseExpression) else None


def transplant(bench: Bench) -> Edit | None:
    """Insert one of the donor's statements, or replace one by it."""
    dice, donor = bench.dice, bench.donor
    blocks = [block for block in bench.index.blocks if block.scope.entry]
    if donor is None or not blocks:
        return None
    places = [
        (block, position)
        for block in donor.blocks
        if block.scope.entry
        for position in range(block.first, len(block.statements))
        if movable(block.statements[position])
    ]
    if not places:
        return None
    source, index = dice.pick(places)
    block = dice.pick(blocks)
    last = len(block.statements) - (1 if block.statements and ends(block.statements[-1]) else 0)
    if last < block.first:
        return None
    position = dice.between(block.first, last)
    new = _adapted(bench, source.statements[index], source.envs[index], block.envs[position])
    if not isinstance(new, cst.BaseStatement) or (
        ends(new) and position < len(block.statements) and not block.loop
    ):
        return None
    replaced = (
        1 if dice.chance(0.5) and position < last and movable(block.statements[position]) else 0
    )
    return Edit(
        block.path, [*block.statements[:position], new, *block.statements[position + replaced :]]
    )


def splice(bench: Bench) -> Edit | None:
    """One-point crossover: the beginning of one body, then the end of the other."""
    mine, theirs = _top(bench.index), _top(bench.donor)
    if mine is None or theirs is None:
        return None
    cut = bench.dice.between(mine.first, len(mine.statements))
    start = bench.dice.between(theirs.first, len(theirs.statements))
    env: Env = mine.envs[cut]
    tail: list[cst.BaseStatement] = []
    for index in range(start, len(theirs.statements)):
        new = _adapted(bench, theirs.statements[index], theirs.envs[index], env)
        if not isinstance(new, cst.BaseStatement) or not movable(new):
            return None
        tail.append(new)
        env = {**env, **dict.fromkeys(sorted(bindings([new]).names - set(env)), UNKNOWN)}
    body = [*mine.statements[:cut], *tail]
    kept = [index for index, statement in enumerate(body) if ends(statement)]
    if not kept or not body[mine.first :]:  # nothing would return
        return None
    return Edit(mine.path, body[: kept[0] + 1])


def _top(index: Index | None) -> Block | None:
    blocks = [block for block in index.blocks if block.top and block.scope.entry] if index else []
    return blocks[-1] if blocks else None


def _adapted(bench: Bench, node: cst.CSTNode, source: Env, goal: Env) -> cst.CSTNode | None:
    """The node with names of the goal's scope; None if one has no counterpart there."""
    own = bindings([node]).names if isinstance(node, cst.BaseStatement) else set()
    donor = bench.donor or bench.index
    renaming: dict[str, str] = {}
    for name in sorted(free_names(node)):
        if name in goal or name in own or name in bench.index.shared:
            continue
        if name not in donor.names:  # a built-in
            continue
        same = [other for other, kind in goal.items() if kind == source.get(name, Kind("none"))]
        if not same:
            return None
        renaming[name] = bench.dice.pick(same)
    return renamed(node, renaming) if renaming else node
