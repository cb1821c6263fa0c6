"""random_body: a first program from nothing but a signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from langprop.errors import ScriptError
from langprop.scripts.mutation.bodies import BodyWriter
from langprop.scripts.mutation.dice import Dice
from langprop.scripts.mutation.draft import Draft, compiled, draft, hints_of
from langprop.scripts.mutation.example import Example
from langprop.scripts.mutation.tree import parse_block
from langprop.scripts.mutation.words import Env
from langprop.scripts.mutation.writer import Writer

if TYPE_CHECKING:
    import numpy as np

_ATTEMPTS = 40  # bodies drawn until one is sound


def random_body(
    stub: str, entry_point: str, rng: np.random.Generator, example: Example | None = None
) -> str:
    """Write a random body for a stub.

    Args:
        stub: Source with the function's signature and docstring, and the imports that it may use.
            What its body holds besides the docstring is dropped.
        entry_point: Name of the function.
        rng: Where all choices come from.
        example: Arguments of one call, for the kinds of parameters without annotations.

    Returns:
        The stub with a body of one to a dozen lines, of kinds that fit the signature.

    Raises:
        ScriptError: The stub can't be parsed or has no such function.
    """
    dice = Dice(rng)
    empty = _emptied(stub, entry_point, example)
    block = next(block for block in empty.index.blocks if block.top and block.scope.entry)
    scope = block.scope
    writer = BodyWriter(
        Writer(dice, empty.vocabulary()),
        entry_point,
        tuple(name for name, _ in scope.parameters),
        scope.keywords,
    )
    env: Env = block.envs[block.first]
    for _ in range(_ATTEMPTS):
        lines = writer.body(scope.returns, env)
        try:
            source, tree = _filled(empty.tree, entry_point, lines)
        except cst.ParserSyntaxError:  # an odd corner of the grammar: another body will do
            continue
        read = compiled(source)
        if isinstance(read, str) or read.warned > empty.warned:
            continue
        child = Draft(source, entry_point, tree, read.tree, empty.hints, read.warned)
        if child.risk <= empty.risk and not child.index.undefined - empty.index.undefined:
            return source
    constant = Writer(dice).constant(scope.returns)
    return _filled(empty.tree, entry_point, [f"return {constant.text}"])[0]


def _emptied(stub: str, entry_point: str, example: Example | None) -> Draft:
    """The stub with `pass` for a body; that of a stub seldom changes, so that it is read once."""
    read = draft(stub, entry_point, hints_of(stub, entry_point, example))
    source, _ = _filled(read.tree, entry_point, ["pass"])
    return draft(source, entry_point, read.hints)


def _filled(tree: cst.Module, entry_point: str, lines: list[str]) -> tuple[str, cst.Module]:
    """The module with another body of the entry point, under its docstring."""
    body = list(tree.body)
    for index in range(len(body) - 1, -1, -1):
        function = body[index]
        if not isinstance(function, cst.FunctionDef) or function.name.value != entry_point:
            continue
        documented = function.get_docstring(clean=False) is not None
        block = cst.IndentedBlock(
            [*function.body.body[: 1 if documented else 0], *parse_block(lines)]
        )
        if isinstance(function.body, cst.IndentedBlock):
            block = block.with_changes(header=function.body.header, indent=function.body.indent)
        body[index] = function.with_changes(body=block)
        filled = tree.with_changes(body=body)
        return filled.code, filled
    raise ScriptError(
        f"the stub has no function {entry_point!r} at the top level; "
        f"define one: `def {entry_point}(…): ...`."
    )
