"""Hazards: loops that may not end and numbers that explode, as far as the text shows.

Evaluation survives both: a time limit ends them. But such a child costs the whole limit, a
thousand times what another costs, so that edits which add one are drawn again. A loop counts
unless it is seen to end; a hazard of the parent may stay.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from typing import TypeAlias

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_Assignment: TypeAlias = "ast.Assign | ast.AugAssign"

_ADDING = ("append", "insert", "extend", "add", "update")

MAX_DEPTH = 3  # loops in loops


def hazards(tree: ast.AST, containers: Set[str] = frozenset(), function: str = "") -> int:
    """Count the hazards in a script.

    Args:
        tree: Its syntax tree.
        containers: Names that hold strings or lists, which must not be doubled in a loop.
        function: The entry point, which must not call itself in a loop.
    """
    count = 0
    powers = False
    ranges: list[ast.Call] = []
    carried: set[str] = set()  # variables that a loop changes
    aliases = {
        (target.id, node.value.id)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Pow, ast.LShift)):
            count += _tower(node)
            powers = powers or not isinstance(node.right, ast.Constant)
        elif isinstance(node, _LOOPS):
            count += _depth(node) > MAX_DEPTH
            for assignment in _assignments(node):
                count += _explodes(assignment, containers)
                targets = (
                    assignment.targets
                    if isinstance(assignment, ast.Assign)
                    else [assignment.target]
                )
                carried |= set().union(*map(_names, targets))
            count += not _ends(node) if isinstance(node, ast.While) else _feeds(node, aliases)
        elif isinstance(node, _COMPREHENSIONS):
            count += _depth(node) > MAX_DEPTH
        elif isinstance(node, ast.Call) and _calls(node, "range"):
            ranges.append(node)
        elif isinstance(node, ast.FunctionDef) and node.name == function:
            count += _recursion(node)
    return count + (powers and bool(ranges)) + sum(bool(carried & _names(node)) for node in ranges)


def _recursion(function: ast.FunctionDef) -> int:
    """Calls of a function in itself that repeat, or whose arguments don't get smaller."""
    parameters = {part.arg for part in (*function.args.posonlyargs, *function.args.args)}
    calls: list[tuple[ast.Call, bool]] = []
    stack: list[tuple[ast.AST, bool]] = [(child, False) for child in function.body]
    while stack:
        node, repeated = stack.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            parameters.discard(node.id)
        if isinstance(node, ast.Call) and _calls(node, function.name):
            calls.append((node, repeated))
        inner = repeated or isinstance(node, (*_LOOPS, *_COMPREHENSIONS))
        stack += [(child, inner) for child in ast.iter_child_nodes(node)]
    return sum(
        repeated or not any(_smaller(part, parameters) for part in call.args)
        for call, repeated in calls
    )


def _smaller(node: ast.expr, parameters: Set[str]) -> bool:
    """Whether an argument is smaller than a parameter: `x - 1`, `x // 2`, `y % x`, `x[1:]`."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return (
            isinstance(node.slice, ast.Slice)
            and node.slice.step is None
            and node.value.id in parameters
        )
    return any(_direction(name, node) < 0 for name in parameters & _names(node))


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _tower(node: ast.BinOp) -> bool:
    """A power in a power, or to a large constant."""
    if isinstance(node.right, ast.Constant) and isinstance(node.right.value, (int, float)):
        large = abs(node.right.value) > 64
    else:
        large = any(
            isinstance(part, ast.BinOp) and isinstance(part.op, (ast.Pow, ast.Mult))
            for part in ast.walk(node.right)
        )
    return large or any(
        isinstance(part, ast.BinOp) and isinstance(part.op, ast.Pow) for part in ast.walk(node.left)
    )


def _depth(node: ast.AST) -> int:
    """Loops in loops, comprehensions counted."""
    own = (
        len(node.generators) if isinstance(node, _COMPREHENSIONS) else int(isinstance(node, _LOOPS))
    )
    return own + max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)


def _assignments(loop: ast.For | ast.AsyncFor | ast.While) -> Iterator[_Assignment]:
    for child in loop.body:
        for node in ast.walk(child):
            if isinstance(node, (ast.Assign, ast.AugAssign)):
                yield node


def _explodes(node: _Assignment, containers: Set[str]) -> bool:
    """A variable is multiplied by itself, raised, or a container doubled, at each turn."""
    if isinstance(node, ast.AugAssign):
        own = _names(node.target) if isinstance(node.target, ast.Name) else set()
        uses = bool(own & _names(node.value))
        if isinstance(node.op, (ast.Pow, ast.LShift)):
            return True
        if uses and (
            isinstance(node.op, ast.Mult)
            or (isinstance(node.op, ast.Add) and bool(own & containers))
        ):
            return True
        if isinstance(node.op, ast.Mult) and bool(own & containers):
            return True
    else:
        own = set().union(
            *(
                _names(target)
                for target in node.targets
                if isinstance(target, (ast.Name, ast.Tuple))
            )
        )
    for part in ast.walk(node.value):
        if isinstance(part, ast.BinOp):
            left, right = own & _names(part.left), own & _names(part.right)
            if isinstance(part.op, (ast.Pow, ast.LShift)) and (left or right):
                return True
            if isinstance(part.op, ast.Mult) and ((left and right) or (left | right) & containers):
                return True
            if (
                isinstance(part.op, ast.Add)
                and left
                and right
                and bool((left | right) & containers)
            ):
                return True
        if isinstance(part, _COMPREHENSIONS) and len(part.generators) > 1 and own & _names(part):
            return True
    return False


def _ends(loop: ast.While) -> bool:
    """Whether a variable of the condition is seen to move towards its end at every turn."""
    if any(isinstance(node, ast.Continue) for child in loop.body for node in _same_loop(child)):
        return False
    down, up = _bounded(loop.test)
    if not down and not up:
        return False
    moves: dict[str, list[int]] = {}  # -1: smaller at each turn, 1: larger, 0: who knows
    for position, child in enumerate(loop.body):
        for node in ast.walk(child):
            for name, direction in _moves(node):
                moves.setdefault(name, []).append(direction if node is loop.body[position] else 0)
    return any(moves.get(name) == [-1] for name in down) or any(
        moves.get(name) == [1] and not (others - {name}) & set(moves) for name, others in up.items()
    )


def _feeds(loop: ast.For | ast.AsyncFor, aliases: Set[tuple[str, str]]) -> bool:
    """Whether a loop adds to what it goes through."""
    through = _names(loop.iter)
    through |= {name for name, other in aliases if other in through}
    for child in loop.body:
        for node in ast.walk(child):
            owner: ast.expr | None = None
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value if node.func.attr in _ADDING else None
            elif isinstance(node, ast.AugAssign):
                owner = node.target
            if (
                isinstance(owner, ast.Name)
                and owner.id in through
                and not _calls(loop.iter, "range")
            ):
                return True
    return False


def _same_loop(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if not isinstance(node, _LOOPS):
        for child in ast.iter_child_nodes(node):
            yield from _same_loop(child)


def _bounded(test: ast.expr) -> tuple[set[str], dict[str, set[str]]]:
    """Names that end a loop when they are small enough, and those that do when large enough."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        parts = [_bounded(value) for value in test.values]
        up: dict[str, set[str]] = {}
        for _, found in parts:
            up.update(found)
        return set().union(*(down for down, _ in parts)), up
    if isinstance(test, ast.Name):
        return {test.id}, {}
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, operator, right = test.left, test.ops[0], test.comparators[0]
        if isinstance(operator, (ast.Lt, ast.LtE)):
            if isinstance(left, ast.Name):
                return set(), {left.id: _names(right)}
            left, right, operator = right, left, ast.Gt()
        constant = isinstance(right, ast.Constant) and isinstance(right.value, (int, float))
        if isinstance(operator, (ast.Gt, ast.GtE)) and isinstance(left, ast.Name) and constant:
            # `x >= 0` doesn't end with halving, nor `x > -1`: 0 stays 0
            low = right.value if isinstance(right, ast.Constant) else 0
            safe = isinstance(low, (int, float)) and (
                low > 0 or (low == 0 and isinstance(operator, ast.Gt))
            )
            return ({left.id} if safe else set()), {}
        if isinstance(operator, (ast.Gt, ast.GtE)) and isinstance(
            right, ast.Name
        ):  # constant or expression > x
            return set(), {right.id: _names(left)}
        if isinstance(operator, ast.NotEq) and isinstance(left, ast.Name) and constant:
            return set(), {}
    return set(), {}


def _moves(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Names that a statement assigns, and in which direction."""
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        step = _positive(node.value, 1)
        if isinstance(node.op, ast.Sub):
            yield node.target.id, -1 if step else 0
        elif isinstance(node.op, ast.Add):
            yield node.target.id, 1 if step else 0
        else:
            halves = isinstance(node.op, (ast.FloorDiv, ast.RShift)) and _positive(
                node.value, 2 - isinstance(node.op, ast.RShift)
            )
            yield node.target.id, -1 if halves else 0
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, _direction(target.id, node.value)
            elif isinstance(target, ast.Tuple):
                values = node.value.elts if isinstance(node.value, ast.Tuple) else []
                for index, item in enumerate(target.elts):
                    if isinstance(item, ast.Name):
                        yield (
                            item.id,
                            _direction(item.id, values[index]) if index < len(values) else 0,
                        )
    elif isinstance(node, (ast.For, ast.AsyncFor, ast.NamedExpr)):
        for name in _names(node.target):
            yield name, 0


def _direction(name: str, value: ast.expr) -> int:
    """Whether a new value of a variable is smaller or larger than the old one."""
    if not isinstance(value, ast.BinOp):
        return 0
    left = isinstance(value.left, ast.Name) and value.left.id == name
    right = isinstance(value.right, ast.Name) and value.right.id == name
    if left and isinstance(value.op, ast.Sub) and _positive(value.right, 1):
        return -1
    if left and isinstance(value.op, ast.FloorDiv) and _positive(value.right, 2):
        return -1
    if left and isinstance(value.op, ast.Add) and _positive(value.right, 1):
        return 1
    return (
        -1 if right and isinstance(value.op, ast.Mod) else 0
    )  # y % x is smaller than a positive x


def _positive(node: ast.expr, least: int) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, (int, float))
        and node.value >= least
    )
