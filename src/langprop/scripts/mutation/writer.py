"""Writer: random expressions of a wanted kind, as source text."""

from __future__ import annotations

from langprop.scripts.mutation.containers import Containers
from langprop.scripts.mutation.kinds import BOOL, FLOAT, INT, Kind
from langprop.scripts.mutation.words import Code, Env


class Writer(Containers):
    """Writes random expressions.

    What is written is valid Python over the given names; that it runs without an exception is
    likely, not certain.

    Args:
        dice: Where choices come from.
        words: What may be used besides the names in scope.
    """

    def expression(self, kind: Kind, env: Env, depth: int = 2) -> Code:
        """A random expression.

        Args:
            kind: What it should give.
            env: Names in scope.
            depth: How many levels of operators it may have.
        """
        if kind.optional and self.dice.chance(0.1):
            return Code("None")
        if kind.values:
            return self._member(kind, env, depth)
        write = {
            "int": self._int, "float": self._float, "bool": self.condition, "str": self._str,
            "list": self._list, "array": self._array, "unknown": self._unknown,
        }.get(kind.name)  # fmt: skip
        if write is None:
            return self._other(kind, env, depth)
        return write(env, depth) if kind.name != "list" else self._list(env, depth, kind.item)

    def _unknown(self, env: Env, depth: int) -> Code:
        """Something for a place of unknown kind: a name, or something like the names in scope."""
        if env and self.dice.chance(0.4):
            return Code(self.name(list(env)))
        kinds = [
            kind.plain()
            for kind in env.values()
            if kind.name not in ("unknown", "callable", "none")
        ]
        return self.expression(self.dice.pick([*kinds, INT, FLOAT, BOOL]), env, depth)

    def _member(self, kind: Kind, env: Env, depth: int) -> Code:
        """A member of a closed set, chosen by conditions."""
        if depth <= 0:
            return self.constant(kind)
        if self.dice.chance(0.1):
            return self.leaf(kind, env, 0.9)
        return self._ternary(kind, env, depth)
