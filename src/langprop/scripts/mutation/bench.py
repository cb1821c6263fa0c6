"""Bench: what lies before an operator when it edits: an index, a donor's, dice, a writer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import libcst as cst

from langprop.scripts.mutation.bindings import free_names
from langprop.scripts.mutation.dice import Dice
from langprop.scripts.mutation.kinds import UNKNOWN, Kind, fits
from langprop.scripts.mutation.places import Index, Site
from langprop.scripts.mutation.tree import Path
from langprop.scripts.mutation.words import Code, Vocabulary
from langprop.scripts.mutation.writer import Writer


class Edit(NamedTuple):
    """One change of a tree.

    Attributes:
        path: Where.
        new: The expression, operator or statement that goes there, or the statements if the path
            is a block's.
    """

    path: Path
    new: cst.CSTNode | list[cst.BaseStatement]


@dataclass
class Bench:
    """What an operator works with.

    Attributes:
        index: The script being edited.
        dice: Where its choices come from.
        words: What new code may use.
        donor: The second parent of a crossover.
    """

    index: Index
    dice: Dice
    words: Vocabulary
    donor: Index | None = None

    @property
    def writer(self) -> Writer:
        """A writer of random expressions."""
        return Writer(self.dice, self.words)

    def site(self, accept: Callable[[Site], bool]) -> Site | None:
        """One of the sites that are accepted."""
        found = [site for site in self.index.sites if accept(site)]
        return self.dice.pick(found) if found else None


Operator: TypeAlias = Callable[
    [Bench], "Edit | None"
]  # None: there is nothing for it here; another may try


def expression(new: Code | str) -> cst.BaseExpression:
    """The tree of an expression that a writer wrote."""
    return cst.parse_expression(new if isinstance(new, str) else new.text)


def wanted(site: Site) -> Kind:
    """What a site should give: what its place wants, or what it gives now."""
    return site.wanted if site.wanted != UNKNOWN else site.kind


def in_scope(node: cst.CSTNode, site: Site, index: Index) -> bool:
    """Whether everything that an expression uses exists at a site."""
    outside = free_names(node) - set(site.env)
    return not outside & (index.names - index.shared)


def suits(kind: Kind, site: Site) -> bool:
    """Whether a value of a kind may stand at a site."""
    target = wanted(site)
    if site.role == "condition":
        return kind.name == "bool" or kind.plain() == site.kind.plain() != UNKNOWN
    return fits(kind.plain(), target.plain()) or kind == UNKNOWN == target
