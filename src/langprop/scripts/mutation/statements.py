"""Operators on statements: insert, delete, swap, move, copy, replace, wrap and unwrap."""

from __future__ import annotations

import libcst as cst

from langprop.scripts.mutation.bench import Bench, Edit
from langprop.scripts.mutation.bindings import free_names
from langprop.scripts.mutation.bodies import BodyWriter
from langprop.scripts.mutation.kinds import UNKNOWN, Kind
from langprop.scripts.mutation.places import Block
from langprop.scripts.mutation.tree import bracketed, parse_block, put
from langprop.scripts.mutation.words import Env

_FIXED = (cst.Import, cst.ImportFrom, cst.Global, cst.Nonlocal)
_ENDS = (cst.Return, cst.Raise, cst.Break, cst.Continue)


def movable(statement: cst.CSTNode) -> bool:
    """Whether a statement may be moved or deleted: definitions, imports and declarations stay."""
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        return False
    return not isinstance(statement, cst.SimpleStatementLine) or not any(
        isinstance(small, _FIXED) for small in statement.body
    )


def ends(statement: cst.CSTNode) -> bool:
    """Whether nothing after a statement in its block is reached."""
    return isinstance(statement, cst.SimpleStatementLine) and any(
        isinstance(small, _ENDS) for small in statement.body
    )


def _is_pass(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(small, cst.Pass) for small in statement.body
    )


def _places(bench: Bench) -> list[tuple[Block, int]]:
    """Statements that may be moved, deleted, replaced or wrapped."""
    return [
        (block, position)
        for block in bench.index.blocks
        for position in range(block.first, len(block.statements))
        if movable(block.statements[position])
    ]


def _going_on(bench: Bench) -> list[tuple[Block, int]]:
    """Places of statements after which the block goes on."""
    return [
        (block, position)
        for block, position in _places(bench)
        if not ends(block.statements[position])
    ]


def _edit(block: Block, statements: list[cst.BaseStatement]) -> Edit:
    body = [statement for statement in statements if not _is_pass(statement)]
    if len(body) <= (1 if body and block.first and body[0] is block.statements[0] else 0):
        body.append(cst.SimpleStatementLine([cst.Pass()]))
    return Edit(block.path, body)


def _body_writer(bench: Bench, block: Block) -> BodyWriter:
    scope = block.scope
    return BodyWriter(
        bench.writer, scope.name, tuple(name for name, _ in scope.parameters), scope.keywords
    )


def _assignable(block: Block, env: Env) -> dict[str, Kind]:
    """Local variables. Parameters are among them; names of the module would become local ones."""
    return {name: kind for name, kind in env.items() if name in block.scope.local}


def _random(bench: Bench, block: Block, position: int, depth: int) -> list[cst.BaseStatement]:
    env = block.envs[position]
    lines = _body_writer(bench, block).statement(
        env, block.scope.returns, block.loop, depth, _assignable(block, env)
    )
    return parse_block(lines)


def insert(bench: Bench) -> Edit | None:
    """Insert a random statement."""
    if not bench.index.blocks:
        return None
    block = bench.dice.pick(bench.index.blocks)
    last = len(block.statements)
    if last and ends(block.statements[-1]):
        last -= 1
    if last < block.first:
        return None
    position = bench.dice.between(block.first, last)
    new = _random(bench, block, position, bench.dice.below(2))
    return _edit(block, [*block.statements[:position], *new, *block.statements[position:]])


def delete(bench: Bench) -> Edit | None:
    """Delete a statement; not the one that gives the answer."""
    places = [
        (block, position)
        for block, position in _places(bench)
        if not (block.top and ends(block.statements[position]))
        and not _is_pass(block.statements[position])
    ]
    if not places:
        return None
    block, position = bench.dice.pick(places)
    return _edit(block, [*block.statements[:position], *block.statements[position + 1 :]])


def swap(bench: Bench) -> Edit | None:
    """Exchange two statements that follow each other."""
    places = [
        (block, position)
        for block, position in _places(bench)
        if position + 1 < len(block.statements)
        and movable(block.statements[position + 1])
        and not ends(block.statements[position + 1])
    ]
    if not places:
        return None
    block, position = bench.dice.pick(places)
    statements = list(block.statements)
    statements[position : position + 2] = statements[position + 1], statements[position]
    return _edit(block, statements)


def duplicate(bench: Bench) -> Edit | None:
    """Copy a statement to another place."""
    places = _going_on(bench)
    if not places:
        return None
    source, position = bench.dice.pick(places)
    statement = source.statements[position]
    block = bench.dice.pick([b for b in bench.index.blocks if b.scope == source.scope])
    last = len(block.statements) - (1 if block.statements and ends(block.statements[-1]) else 0)
    if last < block.first:
        return None
    where = bench.dice.between(block.first, last)
    outside = free_names(statement) - set(block.envs[where])
    if outside & (bench.index.names - bench.index.shared) - block.scope.local:
        return None
    return _edit(block, [*block.statements[:where], statement, *block.statements[where:]])


def rewrite(bench: Bench) -> Edit | None:
    """Replace a statement by a random one."""
    places = _going_on(bench)
    if not places:
        return None
    block, position = bench.dice.pick(places)
    new = _random(bench, block, position, bench.dice.below(2))
    return _edit(block, [*block.statements[:position], *new, *block.statements[position + 1 :]])


def wrap_if(bench: Bench) -> Edit | None:
    """Put a statement under a condition, or give an `if` another branch."""
    dice = bench.dice
    places = [
        (block, position)
        for block, position in _places(bench)
        if not (block.top and ends(block.statements[position]))
    ]
    if not places:
        return None
    block, position = dice.pick(places)
    statement, env = block.statements[position], block.envs[position]
    statements = list(block.statements)
    if isinstance(statement, cst.If) and statement.orelse is None and dice.chance(0.5):
        other = cst.Else(cst.IndentedBlock(_random(bench, block, position, 0)))
        statements[position] = statement.with_changes(orelse=other)
        return _edit(block, statements)
    test = cst.parse_expression(bench.writer.condition(env).text)
    statements[position] = cst.If(test, cst.IndentedBlock([statement]))
    return _edit(block, statements)


def wrap_loop(bench: Bench) -> Edit | None:
    """Repeat a statement for every element of something."""
    places = _going_on(bench)
    if not places:
        return None
    block, position = bench.dice.pick(places)
    env = block.envs[position]
    iterable, item = bench.writer.iterable(env)
    target, _ = bench.writer.target(item, env)
    loop = parse_block([f"for {target} in {iterable}:", "    pass"])[0]
    if not isinstance(loop, cst.For):
        return None
    statements = list(block.statements)
    statements[position] = loop.with_changes(body=cst.IndentedBlock([statements[position]]))
    return _edit(block, statements)


def unwrap(bench: Bench) -> Edit | None:
    """Replace an `if` or a loop by what is in it, or drop or exchange its branches."""
    dice = bench.dice
    places = [
        (block, position)
        for block, position in _places(bench)
        if isinstance(block.statements[position], (cst.If, cst.For, cst.While))
    ]
    if not places:
        return None
    block, position = dice.pick(places)
    statement = block.statements[position]
    if not isinstance(statement, (cst.If, cst.For, cst.While)):
        return None
    before, after = block.statements[:position], block.statements[position + 1 :]
    if isinstance(statement, cst.If) and isinstance(statement.orelse, cst.Else):
        choice = dice.below(4)
        if choice == 0:
            new = statement.with_changes(
                body=statement.orelse.body,
                orelse=statement.orelse.with_changes(body=statement.body),
            )
            return _edit(block, [*before, new, *after])
        if choice == 1:
            return _edit(block, [*before, statement.with_changes(orelse=None), *after])
        if choice == 2 and isinstance(statement.orelse.body, cst.IndentedBlock):
            return _edit(block, [*before, *_statements(statement.orelse.body), *after])
    if not isinstance(statement.body, cst.IndentedBlock):
        return None
    return _edit(block, [*before, *_statements(statement.body), *after])


def _statements(body: cst.IndentedBlock) -> list[cst.BaseStatement]:
    return [statement for statement in body.body if isinstance(statement, cst.BaseStatement)]


def guard_value(bench: Bench) -> Edit | None:
    """Turn `return a` into `if …: return b` and `return a`."""
    returns = [
        (block, position)
        for block, position in _places(bench)
        if block.scope.returns != UNKNOWN
        and isinstance(block.statements[position], cst.SimpleStatementLine)
        and ends(block.statements[position])
    ]
    if not returns:
        return None
    block, position = bench.dice.pick(returns)
    writer = bench.writer
    env, kind = block.envs[position], block.scope.returns
    value = writer.expression(kind, env, bench.dice.below(2)).text
    lines = [f"if {writer.condition(env).text}:", f"    return {value}"]
    return _edit(
        block, [*block.statements[:position], *parse_block(lines), *block.statements[position:]]
    )


def name_value(bench: Bench) -> Edit | None:
    """Give a sub-expression of a statement a name in a line before it."""
    places = [
        (block, position)
        for block, position in _places(bench)
        if isinstance(block.statements[position], cst.SimpleStatementLine)
    ]
    if not places:
        return None
    block, position = bench.dice.pick(places)
    prefix = (*block.path[:-1], ("body", position))
    sites = [
        site
        for site in bench.index.sites
        if site.path[: len(prefix)] == prefix
        and site.role not in ("object",)
        and site.env is block.envs[position]
        and not isinstance(site.node, cst.Name)
        and not site.quoted
        and site.kind.name not in ("callable", "none")
    ]
    if not sites:
        return None
    site = bench.dice.pick(sites)
    name = bench.writer.fresh(site.env)
    value = (
        bracketed(site.node)
        if isinstance(site.node, cst.GeneratorExp) and not site.node.lpar
        else site.node
    )
    assignment = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], value)])
    statement = put(block.statements[position], site.path[len(prefix) :], cst.Name(name))
    return _edit(
        block,
        [*block.statements[:position], assignment, statement, *block.statements[position + 1 :]],
    )
