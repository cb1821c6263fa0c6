"""Words: what random code is made of, and pieces of it as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from langprop.scripts.mutation.kinds import Kind

Env: TypeAlias = Mapping[str, Kind]  # names in scope → what they hold; the newest come last

# How tightly an expression's outermost operator binds (Python reference, "Operator precedence").
TERNARY, OR, AND, NOT, COMPARE, SUM, PRODUCT, UNARY, POWER, ATOM = 1, 2, 3, 4, 5, 10, 11, 12, 13, 15


class Code(NamedTuple):
    """An expression as text.

    Attributes:
        text: Source of the expression, on one line.
        binds: How tightly its outermost operator binds.
    """

    text: str
    binds: int = ATOM

    def inside(self, binds: int) -> str:
        """The text as an operand of something that binds so tightly."""
        return self.text if self.binds >= binds else f"({self.text})"


@dataclass
class Vocabulary:
    """What random code may use besides the names in scope.

    Attributes:
        modules: Imported modules: "math" or "numpy" → the name that it has in the script.
        numbers: Numbers worth trying: those of the script and of its documentation.
        texts: Strings worth trying, likewise.
        taken: Every name of the script: new variables get others.
        parameters: Parameters of the entry point.
        calls: Functions of the script that may be called: name → (kinds of the parameters, kind
            returned).
    """

    modules: dict[str, str] = field(default_factory=dict)
    numbers: list[float | int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    taken: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    calls: dict[str, tuple[tuple[Kind, ...], Kind]] = field(default_factory=dict)


def short(value: float) -> str:
    """A float with three significant digits, as Python source."""
    return repr(float(f"{value:.3g}"))


def literal(value: object) -> Code:
    """A value as Python source."""
    text = repr(value)
    return Code(text, UNARY if text.startswith("-") else ATOM)


def row(parts: list[str]) -> Code:
    """A tuple of expressions."""
    return Code(f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})")
