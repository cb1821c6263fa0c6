"""Places: where a script may be edited, and what is in scope there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from langprop.scripts.mutation.kinds import UNKNOWN, Kind
from langprop.scripts.mutation.tree import Path
from langprop.scripts.mutation.words import Env


@dataclass(frozen=True)
class Scope:
    """The function that a place is in.

    Attributes:
        name: Its name; "" at the level of the module.
        returns: What it returns.
        local: Names that it assigns, with its parameters: only these may be assigned to.
        parameters: Kinds of its positional parameters, in order.
        keywords: Names of its keyword-only parameters.
        entry: Whether it is the entry point.
    """

    name: str = ""
    returns: Kind = UNKNOWN
    local: frozenset[str] = frozenset()
    parameters: tuple[tuple[str, Kind], ...] = ()
    keywords: tuple[str, ...] = ()
    entry: bool = False


@dataclass(frozen=True, eq=False)
class Site:
    """An expression that may be replaced.

    Attributes:
        path: Where it is.
        node: The expression.
        env: Names in scope → kinds.
        kind: What it gives.
        wanted: What is expected in its place; its own kind if nothing better is known.
        role: "value", "condition", "index", "object" (of an attribute, subscript or call),
            "iterable" or "return".
        scope: The function that it is in.
        quoted: It is inside an f-string, where quotes, braces and colons mean something else.
        loop: It is in a loop.
    """

    path: Path
    node: cst.BaseExpression
    env: Env
    kind: Kind
    wanted: Kind
    role: str
    scope: Scope
    quoted: bool
    loop: bool


@dataclass(frozen=True, eq=False)
class Block:
    """A list of statements that may be rearranged.

    Attributes:
        path: Where the list is.
        statements: The statements.
        envs: Names in scope before each statement and after the last.
        first: Index of the first statement that may be moved; what is before it (docstring) stays.
        scope: The function that it is in.
        loop: It is in a loop of that function.
        top: It is the function's own body.
    """

    path: Path
    statements: Sequence[cst.BaseStatement]
    envs: Sequence[Env]
    first: int
    scope: Scope
    loop: bool
    top: bool


@dataclass
class Index:
    """What `index` found.

    Attributes:
        module: The syntax tree.
        sites: Expressions that may be replaced, in order.
        blocks: Lists of statements that may be rearranged.
        targets: Names assigned to that may be exchanged for other local names.
        operators: Paths of augmented assignments, whose operator may be changed.
        callees: Names of functions called, with what is in scope.
        undefined: Names that are read where they may not exist.
        self_calls: Calls of the entry point in its own body.
        modules: Imported modules: "math" or "numpy" → name in the script.
        names: Every name of the script, except built-in ones.
        shared: Names bound at the level of the module: they exist everywhere.
    """

    module: cst.Module
    sites: list[Site] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    targets: list[Site] = field(default_factory=list)
    operators: list[Site] = field(default_factory=list)
    callees: list[Site] = field(default_factory=list)
    undefined: set[str] = field(default_factory=set)
    self_calls: int = 0
    modules: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)

    @property
    def size(self) -> int:
        """Number of expressions and statements."""
        return len(self.sites) + sum(len(block.statements) for block in self.blocks)
