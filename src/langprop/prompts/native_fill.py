"""Fill: puts values into the syntax tree of a template's program."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from langprop.errors import TemplateError
from langprop.prompts.abbreviate import shorten
from langprop.prompts.native_marks import HEADER, TOKEN, mark
from langprop.prompts.native_source import Line
from langprop.prompts.native_values import is_name, literal

# A placeholder is parsed as a name, which may stand in a string as well as in code. The parser
# tells which it is, and never sees the value.
_SENTINEL = re.compile(rf"_fill_{TOKEN}_(\d+)_")
_BYTES = re.compile(_SENTINEL.pattern.encode())
_HEADER = re.compile(rf"^{HEADER}", re.MULTILINE)
_SEARCHES = re.compile(
    "(?:l|r)?(?:strip|split|find|index|partition)|remove(?:prefix|suffix)|startswith|endswith"
    "|count|replace|match|fullmatch|search|findall|finditer|sub"
)
_DOTTED = ((ast.alias, "name"), (ast.ImportFrom, "module"))


def sentinel(number: int) -> str:
    """The name that stands for a placeholder in code that is parsed."""
    return f"_fill_{TOKEN}_{number}_"


def sentinels(tree: ast.AST) -> set[int]:
    """Numbers of the placeholders that are in a tree; those in comments aren't."""
    return {
        int(number)
        for node in ast.walk(tree)
        for _, value in ast.iter_fields(node)
        for text in (value if isinstance(value, list) else [value])
        for number in (
            _SENTINEL.findall(text)
            if isinstance(text, str)
            else _BYTES.findall(text)
            if isinstance(text, bytes)
            else ()
        )
    }


class Fill(ast.NodeTransformer):
    """Puts values in the place of placeholders, and marks the headers in the program's own strings.

    In a string a value is text, whatever it holds. Elsewhere it must be a literal or a name. A
    string of the program that begins a line with `%% ` may be printed to open a message; it gets a
    mark, which values don't have. Strings that are compared or searched for stay as they are.

    Args:
        texts: The value of each placeholder.
        found: Text and line of each placeholder.
        places: Index in the template of each line of the program.
    """

    def __init__(
        self, texts: Sequence[str], found: Sequence[tuple[str, Line]], places: Sequence[int]
    ) -> None:
        self._texts, self._found, self._places = texts, found, places
        self._marks = True

    # Strings

    def visit_Constant(self, node: ast.Constant) -> Any:
        """Text, bytes and other constants."""
        if isinstance(node.value, str):
            return self._string(node, inner=False)
        if isinstance(node.value, bytes):
            filled = _BYTES.sub(lambda m: _to_bytes(self._texts[int(m[1])]), node.value)
            return ast.copy_location(ast.Constant(filled), node)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
        """An f-string: a part of it begins no line unless it is the first."""
        node.values = [
            self._string(part, inner=number > 0)
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
            else self.visit(part)
            for number, part in enumerate(node.values)
        ]
        return node

    def _string(self, node: ast.Constant, *, inner: bool) -> ast.Constant:
        text = str(node.value)
        if self._marks and HEADER in text:
            place = self._places[min(node.lineno, len(self._places)) - 1]
            head = text[:1] if inner else ""
            text = head + _HEADER.sub(mark(place) + HEADER, text[len(head) :])
        filled = _SENTINEL.sub(lambda match: self._texts[int(match[1])], text)
        return ast.copy_location(ast.Constant(filled, kind=node.kind), node)

    def visit_Compare(self, node: ast.Compare) -> Any:
        """What is compared is no output."""
        return self._unmarked(node)

    def visit_MatchValue(self, node: ast.MatchValue) -> Any:
        """What is matched is no output."""
        return self._unmarked(node)

    def visit_Call(self, node: ast.Call) -> Any:
        """What is searched for is no output."""
        if isinstance(node.func, ast.Attribute) and _SEARCHES.fullmatch(node.func.attr):
            node.func = self.visit(node.func)
            node.args = [self._unmarked(each) for each in node.args]
            node.keywords = [self._unmarked(each) for each in node.keywords]
            return node
        return self._names_filled(node)

    def _unmarked(self, node: ast.AST) -> Any:
        before, self._marks = self._marks, False
        try:
            return self.visit(node) if isinstance(node, ast.Constant) else self._names_filled(node)
        finally:
            self._marks = before

    # Code

    def visit_Name(self, node: ast.Name) -> Any:
        """A value that stands for an expression, or is a part of a name."""
        whole = _SENTINEL.fullmatch(node.id)
        if whole is None:
            return self._names_filled(node)
        number = int(whole[1])
        text = self._texts[number].strip()
        if is_name(text, dotted=True):
            first, *rest = text.split(".")
            tree: Any = ast.Name(first, ast.Load())
            for attribute in rest:
                tree = ast.Attribute(tree, attribute, ast.Load())
            tree.ctx = node.ctx
        else:
            found = literal(text) if isinstance(node.ctx, ast.Load) else None
            if found is None:
                self._refuse(number, "a Python literal or a dotted name")
            tree = found
        for part in ast.walk(tree):
            ast.copy_location(part, node)
        return tree

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """All else: a value may be a part of any name in it."""
        return self._names_filled(node)

    def _names_filled(self, node: ast.AST) -> ast.AST:
        for field, value in ast.iter_fields(node):
            if isinstance(value, str):
                setattr(node, field, self._identifier(value, node, field))
            elif isinstance(value, list) and value and isinstance(value[0], str):
                setattr(node, field, [self._identifier(each, node, field) for each in value])
        return super().generic_visit(node)

    def _identifier(self, text: str, node: ast.AST, field: str) -> str:
        found = _SENTINEL.search(text)
        if found is None:
            return text
        filled = _SENTINEL.sub(lambda match: self._texts[int(match[1])].strip(), text)
        if type(node).__name__ == "Interpolation":  # of a t-string: its source, for people
            return filled
        dotted = any(isinstance(node, kind) and field == name for kind, name in _DOTTED)
        if not is_name(filled, dotted=dotted):
            self._refuse(int(found[1]), "a name")
        return filled

    def _refuse(self, number: int, wanted: str) -> NoReturn:
        expression, line = self._found[number]
        text = shorten(self._texts[number], 60)
        shown = "{{" + expression + "}}"
        raise TemplateError(
            f"{line.where}, in {shown}: in code, outside a string, a value must be {wanted}, but "
            f"this is {text!r}. To use the value itself, write{expression.rstrip()} without "
            f"braces; for its text, put the braces in quotes."
        )


def _to_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
