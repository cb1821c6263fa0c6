"""Code in a template: expressions in braces, and programs."""

from __future__ import annotations

import ast
import itertools
import re
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import CodeType

from langprop.errors import TemplateError
from langprop.prompts.native_errors import FAILURES, runtime_error, syntax_error
from langprop.prompts.native_fill import Fill, sentinel, sentinels
from langprop.prompts.native_scope import PRINT, Scope
from langprop.prompts.native_source import Line

PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
_INVALID = (SyntaxError, ValueError, MemoryError, RecursionError)  # of the parser and the compiler
_numbers = itertools.count()
_warnings = threading.Lock()


class Expression:
    """What stands in double braces; it becomes what `print(...)` of it prints.

    Args:
        text: The text between the braces.
        line: Where it stands.

    Attributes:
        text: As given.
        line: As given.
        changes: Names that it could change the value of.

    Raises:
        TemplateError: It isn't valid.
    """

    def __init__(self, text: str, line: Line) -> None:
        self.text, self.line = text, line
        try:
            with _quiet():
                tree = ast.parse(f"{PRINT}({text})", mode="eval")
                call = tree.body
                if not (isinstance(call, ast.Call) and getattr(call.func, "id", "") == PRINT):
                    raise SyntaxError("unmatched ')'")
                for given in call.keywords:
                    if given.arg not in ("sep", "end"):
                        raise SyntaxError("this is no expression; to compare, write ==")
                self._code = compile(tree, f"<expression {next(_numbers)}>", "eval")
        except _INVALID as error:
            raise TemplateError(syntax_error(error, [line], self.shown)) from error
        bare = len(call.args) == 1 and isinstance(call.args[0], ast.Name)
        self.changes = set() if bare else _names(tree)

    @property
    def shown(self) -> str:
        """As it stands in the template."""
        return "{{" + self.text + "}}"

    def evaluate(self, scope: Scope, *, in_program: bool = False) -> str:
        """The text that it becomes.

        Raises:
            TemplateError: A variable is missing, or it fails.
        """
        try:
            return scope.run(self._code)
        except FAILURES as error:
            raise _failed(
                error, self._code, [self.line], scope, self.shown, in_program=in_program
            ) from error


class Program:
    """Lines of Python that run as one program.

    Values in it are data: a placeholder in a string literal becomes a part of the string, whatever
    it holds, and elsewhere it must be a literal or a name. No value is read by the parser, except
    for what is a literal for sure.

    Args:
        lines: The code of each line, the template's line and its index in the template, and whether
            placeholders in it are filled.
        hint: What may have caused a syntax error.

    Attributes:
        changes: Names that it could change the value of.

    Raises:
        TemplateError: It is no Python.
    """

    def __init__(self, lines: Sequence[tuple[str, Line, int, bool]], hint: str = "") -> None:
        self._lines = [line for _, line, _, _ in lines]
        self._places = [place for _, _, place, _ in lines]
        self._hint = hint
        self._expressions: list[Expression] = []
        found: list[tuple[str, Line]] = []

        def stand_in(line: Line, match: re.Match[str]) -> str:
            if not match[1].strip():
                return ""  # print() prints nothing
            found.append((match[1], line))
            return sentinel(len(found) - 1)

        self._source = "\n".join(
            PLACEHOLDER.sub(partial(stand_in, line), code) if fills else code
            for code, line, _, fills in lines
        )
        self._found = found
        tree = self._parse()
        # A placeholder in a comment isn't there any more: it is never evaluated.
        self._used = {number: Expression(*found[number]) for number in sorted(sentinels(tree))}
        self.changes = _names(tree).union(*(each.changes for each in self._used.values()))
        self._code = None if found else self._compile(tree, [])

    def run(self, scope: Scope) -> str:
        """Run it; returns what it prints, without the final newline.

        Raises:
            TemplateError: It fails, or a value can't stand where it is put.
        """
        texts = [
            self._used[number].evaluate(scope, in_program=True) if number in self._used else ""
            for number in range(len(self._found))
        ]
        code = self._code or self._compile(self._parse(), texts)
        try:
            return scope.run(code)
        except FAILURES as error:
            raise _failed(error, code, self._lines, scope) from error

    def _parse(self) -> ast.Module:
        try:
            with _quiet():
                return ast.parse(self._source)
        except _INVALID as error:
            raise self._invalid(error) from error

    def _compile(self, tree: ast.Module, texts: Sequence[str]) -> CodeType:
        try:
            with _quiet():
                Fill(texts, self._found, self._places).visit(tree)
                return compile(tree, f"<program {next(_numbers)}>", "exec")
        except TemplateError:
            raise
        except _INVALID as error:
            raise self._invalid(error) from error

    def _invalid(self, error: Exception) -> TemplateError:
        text = syntax_error(error, self._lines, hint=self._hint)
        for number, (expression, _) in enumerate(self._found):
            text = text.replace(sentinel(number), "{{" + expression + "}}")
        return TemplateError(text)


def _failed(
    error: BaseException,
    code: CodeType,
    lines: Sequence[Line],
    scope: Scope,
    what: str = "",
    *,
    in_program: bool = False,
) -> TemplateError:
    found = runtime_error(error, code, lines, what)
    if not isinstance(error, NameError):
        return found
    note = f" The names are: {scope.listed}."
    if in_program:
        note += " Placeholders are filled before their program runs: write what it binds itself "
        note += "without braces."
    return TemplateError(f"{found}{note}")


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@contextmanager
def _quiet() -> Iterator[None]:
    """Compile without warnings of, say, an unusual escape sequence: the template's own affair."""
    with _warnings, warnings.catch_warnings():  # which isn't safe in several threads at a time
        warnings.simplefilter("ignore")
        yield
