"""Scope: the names that one render of a template sees, and what its code prints."""

from __future__ import annotations

import builtins
import io
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from langprop.prompts.abbreviate import abbreviate, assignments, shorten
from langprop.prompts.difference import difference
from langprop.prompts.fence import fenced
from langprop.prompts.native_marks import TOKEN
from langprop.prompts.native_values import own_copy

PRINT = f"_print_{TOKEN}"
"""Name of the function that prints placeholders: one that no variable hides."""


class Scope:
    """The names that one render sees, and what its code prints.

    The code prints into a text of this scope, not to the process's standard output: other threads
    may render, and print, at the same time.

    Args:
        variables: The template's variables.
        changeable: Names of those that the code could change, and gets copies of.

    Attributes:
        names: Variables and what programs define; the namespace of all code.
    """

    def __init__(self, variables: Mapping[str, Any], changeable: Iterable[str] = ()) -> None:
        self.names: dict[str, Any] = dict(variables)
        for name in changeable:
            if name in self.names:
                self.names[name] = own_copy(self.names[name])
        self.names["__builtins__"] = {**_BUILTINS, "print": self._print, PRINT: self._print}
        self._printed = io.StringIO()

    def run(self, code: Any) -> str:
        """Run code; returns what it prints, without the final newline.

        All sorts of line ends become newlines, as in the reference.
        """
        self._printed = io.StringIO()
        exec(code, self.names)  # noqa: S102 - templates are trusted code, which the docs say
        return "\n".join(self._printed.getvalue().splitlines())

    @property
    def listed(self) -> str:
        """The names, for errors."""
        return ", ".join(sorted(name for name in self.names if not name.startswith("__"))) or "none"

    def _print(self, *values: Any, file: Any = None, **how: Any) -> None:
        own = file is None or file is sys.stdout
        builtins.print(*values, file=self._printed if own else file, **how)


_BUILTINS = {
    **vars(builtins),
    **{tool.__name__: tool for tool in (abbreviate, assignments, difference, fenced, shorten)},
}
