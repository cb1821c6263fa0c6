"""Leaves: random names and constants, the smallest expressions."""

from __future__ import annotations

import abc

from langprop.scripts.mutation.dice import Dice
from langprop.scripts.mutation.kinds import FLOAT, INT, UNKNOWN, Kind, fits
from langprop.scripts.mutation.words import Code, Env, Vocabulary, literal, row

_FRESH = ("a", "b", "c", "d", "e", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z")
_COUNTERS = ("i", "j", "k", "m", "n")


class Leaves(abc.ABC):
    """Writes names and constants; what is larger comes in the classes built on this one.

    Args:
        dice: Where choices come from.
        words: What may be used besides the names in scope.
    """

    def __init__(self, dice: Dice, words: Vocabulary | None = None) -> None:
        self.dice = dice
        self.words = words or Vocabulary()

    @abc.abstractmethod
    def expression(self, kind: Kind, env: Env, depth: int = 2) -> Code:
        """A random expression of a kind."""

    @abc.abstractmethod
    def condition(self, env: Env, depth: int = 1) -> Code:
        """An expression that is true or false."""

    def names(self, kind: Kind, env: Env) -> list[str]:
        """Names in scope that can stand for a kind; those of unknown kind if there is no other."""
        found = [name for name, given in env.items() if fits(given, kind)]
        return found or [name for name, given in env.items() if given == UNKNOWN]

    def name(self, names: list[str]) -> str:
        """One of some names; the newest local variable, perhaps not used yet, more often."""
        local = [name for name in names if name not in self.words.parameters]
        if local and self.dice.chance(0.35):
            return local[-1]
        return self.dice.pick(names)

    def fresh(self, env: Env, counter: bool = False) -> str:
        """A name that the script doesn't use yet."""
        for name in _COUNTERS + _FRESH if counter else _FRESH:
            if name not in env and name not in self.words.taken:
                return name
        number = 1
        while f"x{number}" in env or f"x{number}" in self.words.taken:
            number += 1
        return f"x{number}"

    def constant(self, kind: Kind) -> Code:
        """A random constant of a kind."""
        dice = self.dice
        if kind.values:
            return literal(dice.pick(kind.values))
        if kind.name == "int":
            numbers = [value for value in self.words.numbers if isinstance(value, int)]
            if numbers and dice.chance(0.3):
                return literal(dice.pick(numbers))
            return literal(
                dice.weighted(
                    ((5, 1), (4, 0), (3, 2), (1, -1), (1, 3), (1, 10), (1, dice.between(4, 12)))
                )
            )
        if kind.name == "float":
            if self.words.numbers and dice.chance(0.2):
                return literal(float(dice.pick(self.words.numbers)))
            value = dice.weighted(
                ((3, 0.0), (2, 1.0), (1, 0.5), (5, dice.normal()), (2, dice.lognormal(2.0)))
            )
            return literal(float(f"{value:.3g}"))
        if kind.name == "str":
            texts = [*self.words.texts, "", " ", ",", "a"]
            return literal(dice.pick(texts))
        empty = {
            "list": "[]",
            "dict": "{}",
            "set": "set()",
            "vartuple": "()",
            "none": "None",
            "bytes": 'b""',
        }
        if kind.name == "bool":
            return Code(dice.pick(("True", "False")))
        if kind.name == "tuple":
            return row([self.constant(item).text for item in kind.items])
        if kind.name == "array" and "numpy" in self.words.modules:
            return Code(f"{self.words.modules['numpy']}.zeros({dice.between(1, 4)})")
        return (
            Code(empty[kind.name]) if kind.name in empty else self.constant(dice.pick((INT, FLOAT)))
        )

    def leaf(self, kind: Kind, env: Env, names: float = 0.65) -> Code:
        """A name or a constant of a kind."""
        found = self.names(kind, env)
        if found and self.dice.chance(names):
            return Code(self.name(found))
        return self.constant(kind)
