"""Fragment: a piece of a reply that is Python."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from langprop.errors import ScriptError
from langprop.scripts.parsing import TOO_MUCH, parse

_PROMPT = re.compile(r"^[ \t]*(?:>>>|\.\.\.)(?: |$)")


@dataclass(frozen=True)
class Fragment:
    """A piece of a reply that is Python.

    Attributes:
        source: Its text.
        tree: Its syntax tree.
        closed: Whether its fence was closed.
    """

    source: str
    tree: ast.Module
    closed: bool = True

    def function(self, name: str) -> ast.FunctionDef | None:
        """The last function of that name at the top level."""
        return next((f for f in reversed(self.functions) if f.name == name), None)

    @property
    def functions(self) -> list[ast.FunctionDef]:
        """The functions at the top level; those with `async` aside."""
        return [node for node in self.tree.body if isinstance(node, ast.FunctionDef)]

    @classmethod
    def read(cls, source: str, *, closed: bool = True) -> Fragment:
        """Read source as it is.

        Raises:
            ScriptError: It is no Python.
        """
        return cls(source, _compiled(source), closed)

    @classmethod
    def find(cls, text: str, *, closed: bool = True) -> Fragment:
        """Read source, freed of what Markdown, a doctest or a mix of tabs and blanks added.

        Raises:
            ScriptError: It is no Python in any way; says why it isn't as it is.
        """
        first: ScriptError | None = None
        for variant in _variants(text):
            try:
                return cls.read(variant, closed=closed)
            except ScriptError as error:
                first = first or error
        assert first is not None  # noqa: S101 - there is one variant at least
        raise first


def _compiled(source: str) -> ast.Module:
    """Parse; and compile, which finds more, such as a `return` outside of a function.

    Raises:
        ScriptError: It is no Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "\\d" in a string, `is 3`: bad style, but Python
        tree = parse(source)
        try:
            compile(tree, "<script>", "exec", dont_inherit=True)
        except (MemoryError, RecursionError) as error:
            raise ScriptError(f"the script can't be compiled: {TOO_MUCH}.") from error
        except (SyntaxError, ValueError) as error:
            text = error.msg if isinstance(error, SyntaxError) else str(error)
            raise ScriptError(f"the script can't be compiled: {text}") from error
    return tree


def _variants(text: str) -> Iterator[str]:
    """Text as it is, and freed of what Markdown, a doctest or a mix of tabs and blanks added."""
    yield text
    dedented = textwrap.dedent(text)
    if dedented != text:
        yield dedented
    lines = text.split("\n")
    if any(_PROMPT.match(line) for line in lines) and next(
        filter(str.strip, lines)
    ).lstrip().startswith(">>>"):
        yield "\n".join(_PROMPT.sub("", line) for line in lines if _PROMPT.match(line))
    if "\t" in text:
        yield textwrap.dedent(text.expandtabs(4))
        yield textwrap.dedent(text.expandtabs(8))
    first = next(filter(str.strip, lines), "")
    margin = len(first) - len(first.lstrip())
    if margin:  # a later line, such as one of a docstring, may be indented less
        yield "\n".join(line[min(margin, len(line) - len(line.lstrip())) :] for line in lines)
