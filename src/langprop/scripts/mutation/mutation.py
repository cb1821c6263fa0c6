"""Mutation: one random child of a script, or of two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import libcst as cst

from langprop.errors import ScriptError
from langprop.scripts.mutation import crossover, expressions, parts, statements, terminals
from langprop.scripts.mutation.bench import Bench, Edit, Operator
from langprop.scripts.mutation.dice import Dice
from langprop.scripts.mutation.draft import Draft, compiled, draft, hints_of
from langprop.scripts.mutation.example import Example
from langprop.scripts.mutation.tree import bracketed, fit, put

if TYPE_CHECKING:
    import numpy as np

MAX_SIZE = 120  # [expressions and statements] beyond this, growth becomes rare
_ATTEMPTS = 60  # draws of an operator for one edit
_RETRIES = 3  # several edits may undo each other
_GROWTH_PENALTY = 0.15

# name → (weight, grows, operator). Small edits weigh most: they are what repairs a long script.
OPERATORS: dict[str, tuple[float, bool, Operator]] = {
    "constant": (3.0, False, terminals.constant),
    "name": (3.0, False, terminals.name),
    "rename": (0.5, False, terminals.rename),
    "terminal": (1.2, False, terminals.terminal),
    "operator": (1.3, False, expressions.operator),
    "comparison": (0.9, False, expressions.comparison),
    "boolean": (0.5, False, expressions.boolean),
    "branches": (0.3, False, expressions.branches),
    "call": (0.6, False, expressions.call),
    "replace": (2.0, True, parts.replace),
    "wrap": (1.8, True, parts.wrap),
    "term": (2.0, True, parts.term),
    "hoist": (1.2, False, parts.hoist),
    "copy": (0.8, True, parts.copy),
    "insert": (1.0, True, statements.insert),
    "delete": (0.9, False, statements.delete),
    "swap": (0.6, False, statements.swap),
    "duplicate": (0.3, True, statements.duplicate),
    "rewrite": (0.5, True, statements.rewrite),
    "if": (0.5, True, statements.wrap_if),
    "loop": (0.3, True, statements.wrap_loop),
    "unwrap": (0.4, False, statements.unwrap),
    "guard": (0.5, True, statements.guard_value),
    "let": (0.2, True, statements.name_value),
}
CROSSOVERS: dict[str, tuple[float, bool, Operator]] = {
    "graft": (3.0, True, crossover.graft),
    "transplant": (2.0, True, crossover.transplant),
    "splice": (1.5, True, crossover.splice),
}


@dataclass(frozen=True)
class Mutation:
    """A child.

    Attributes:
        source: Its source.
        operators: Names of the operators that made it, in order; crossovers first.
    """

    source: str
    operators: tuple[str, ...]


def mutate(
    source: str,
    entry_point: str,
    rng: np.random.Generator,
    donor: str | None = None,
    *,
    example: Example | None = None,
    max_size: int = MAX_SIZE,
    edits: int | None = None,
) -> Mutation:
    """Make a random child of a script.

    The child parses, compiles and keeps the entry point's signature, decorators and docstring;
    formatting and comments of what wasn't edited stay. It reads no name that may be undefined
    unless its parent did, and has no more loops that can't end. Whether it runs is for evaluation
    to find out.

    Args:
        source: The parent.
        entry_point: Name of the function that is called.
        rng: Where all choices come from.
        donor: Source of a second parent; a part of it goes into the child.
        example: Arguments of one call, for the kinds of parameters without annotations.
        max_size: Number of expressions and statements from which growing becomes rare.
        edits: Number of edits; if not given, mostly 1, sometimes up to 4.

    Raises:
        ScriptError: The source can't be parsed, has no such function, or nothing in it can be
            changed.
    """
    dice = Dice(rng)
    current = draft(source, entry_point, hints_of(source, entry_point, example))
    other = (
        draft(donor, entry_point, hints_of(donor, entry_point, example))
        if donor is not None
        else None
    )
    count = edits if edits is not None else dice.weighted(((66, 1), (22, 2), (8, 3), (4, 4)))
    for _ in range(_RETRIES):
        child, done = current, []
        for number in range(count):
            found = (
                _edited(child, dice, other, max_size) if other is not None and number == 0 else None
            )
            found = found or _edited(child, dice, None, max_size)
            if found is None:
                break
            done.append(found[0])
            child = found[1]
        if done and child.source != current.source:
            return Mutation(child.source, tuple(done))
    raise ScriptError(
        f"nothing in the script can be mutated: give {entry_point!r} a body with an expression."
    )


def _edited(
    parent: Draft, dice: Dice, donor: Draft | None, max_size: int
) -> tuple[str, Draft] | None:
    """One edit: the operator's name and the child; None if no attempt gave a sound one."""
    penalty = _GROWTH_PENALTY if parent.index.size > max_size else 1.0
    table = OPERATORS if donor is None else CROSSOVERS
    names = sum(isinstance(site.node, cst.Name) for site in parent.index.sites)
    scale = {"name": min(3.0, max(1.0, names / 15))}  # the more names, the likelier a wrong one
    options = [
        (weight * (penalty if grows else 1.0) * scale.get(name, 1.0), name)
        for name, (weight, grows, _) in table.items()
    ]
    bench = Bench(parent.index, dice, parent.vocabulary(), donor.index if donor else None)
    for _ in range(_ATTEMPTS if donor is None else _ATTEMPTS // 4):
        name = dice.weighted(options)
        try:
            edit = table[name][2](bench)
        except (cst.ParserSyntaxError, cst.CSTValidationError, RecursionError):
            continue  # an odd corner of the grammar: another operator will do
        child = _applied(parent, edit) if edit is not None else None
        if child is not None:
            return name, child
    return None


def _applied(parent: Draft, edit: Edit) -> Draft | None:
    """The child that an edit makes, or None if it is the parent again or unsound."""
    candidates: list[Any] = [edit.new]
    if isinstance(edit.new, cst.BaseExpression):
        candidates = [fit(parent.tree, edit.path, edit.new), bracketed(edit.new)]
    for new in candidates:
        try:
            tree = put(parent.tree, edit.path, new)
            source = tree.code
        except (cst.CSTValidationError, RecursionError):
            continue
        read = compiled(source)
        if isinstance(read, str) or read.warned > parent.warned:
            continue
        child = Draft(source, parent.entry_point, tree, read.tree, parent.hints, read.warned)
        calls = child.index.self_calls > max(1, parent.index.self_calls)
        undefined = child.index.undefined - parent.index.undefined
        return (
            None
            if source == parent.source or calls or undefined or child.risk > parent.risk
            else child
        )
    return None
