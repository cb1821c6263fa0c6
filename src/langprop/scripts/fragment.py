"""Fragment: a piece of a reply that is Python."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from functools import cached_property

from langprop.errors import ScriptError
from langprop.scripts.fragment_variants import ENTITY_NAMES, has_entities, unescaped, variants
from langprop.scripts.names import Names, defined, names
from langprop.scripts.parsing import TOO_MUCH, parse

MAX_READ = 2_000_000  # [characters] parsed for one reply, all attempts together: about a second


@dataclass(frozen=True)
class Fragment:
    """A piece of a reply that is Python.

    Attributes:
        source: Its text.
        tree: Its syntax tree.
        closed: Whether its fence was closed.
        old: Whether the reply says that it is the script as it was.
    """

    source: str
    tree: ast.Module
    closed: bool = True
    old: bool = False

    def function(self, name: str) -> ast.FunctionDef | None:
        """The last function of that name at the top level."""
        return next((f for f in reversed(self.functions) if f.name == name), None)

    @property
    def functions(self) -> list[ast.FunctionDef]:
        """The functions at the top level; those with `async` aside."""
        return [node for node in self.tree.body if isinstance(node, ast.FunctionDef)]

    def first_line(self, number: int) -> int:
        """The line that a statement at the top level begins at, with its decorators; from 1."""
        node = self.tree.body[number]
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        return min([node.lineno, *(each.lineno for each in decorators)])

    def segment(self, number: int) -> str:
        """The text of a statement at the top level."""
        body = self.tree.body
        first, last = self.first_line(number), body[number].end_lineno or body[number].lineno
        beside = body[max(0, number - 1) : number] + body[number + 1 : number + 2]
        if any(first <= (other.end_lineno or 0) and other.lineno <= last for other in beside):
            return ast.unparse(body[number])  # on one line, by a semicolon
        return "\n".join(self.source.split("\n")[first - 1 : last])

    @cached_property
    def names(self) -> Names:
        """All names in it."""
        return names(self.tree)

    @cached_property
    def defined(self) -> set[str]:
        """Names that it binds at its top level."""
        return defined(self.tree)


class Reader:
    """Reads the pieces of one reply, and gives up where that becomes too much.

    Args:
        limit: Characters that may be parsed, all attempts together.
    """

    def __init__(self, limit: int = MAX_READ) -> None:
        self._left = limit

    def read(self, source: str, *, closed: bool = True, old: bool = False) -> Fragment:
        """Read source as it is.

        Raises:
            ScriptError: It is no Python, or all attempts together were too much.
        """
        if len(source) > self._left:
            raise ScriptError("the reply holds too much that looks like a script, but is none.")
        self._left -= len(source)
        return Fragment(source, _compiled(source), closed, old)

    def find(self, text: str, *, closed: bool = True, old: bool = False) -> Fragment:
        """Read source, freed of what Markdown, a web page or a word processor made of it.

        Raises:
            ScriptError: It is no Python in any way; says why it isn't as it is.
        """
        first: ScriptError | None = None
        found: Fragment | None = None
        for variant in variants(text):
            try:
                found = self.read(variant, closed=closed, old=old)
                break
            except ScriptError as error:
                first = first or error
        if found is None:
            assert first is not None  # noqa: S101 - there is one variant at least
            raise first
        # `x = a &lt; b` is Python, too: `a & lt`, and `b`.
        if has_entities(found.source) and found.names.lacking & ENTITY_NAMES:
            try:
                return self.read(unescaped(found.source), closed=closed, old=old)
            except ScriptError:
                pass
        return found


def line_of(error: ScriptError) -> int | None:
    """Number of the line that the parser stopped at, from 1."""
    return error.__cause__.lineno if isinstance(error.__cause__, SyntaxError) else None


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
