"""Native templates: the syntax of the paper's reference code, in `.txt` files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langprop.errors import TemplateError
from langprop.prompts.message import Message
from langprop.prompts.native_code import PLACEHOLDER, Expression, Program
from langprop.prompts.native_marks import HEADER, mark, role_of, split
from langprop.prompts.native_scope import Scope
from langprop.prompts.native_source import Line, lines_of, read_lines


class NativeTemplate:
    """A template in the syntax of the paper's reference code.

    It is rendered line by line. A line that begins with

    - `$` and a blank is a line of Python, in which braces mean what they do in Python;
    - `$begin` opens a block of Python, in which placeholders are filled, and `$end` closes it;
    - `#` is a comment, in blocks, too;
    - `%%` and a blank opens a message: `%% SYSTEM`, `%% USER` or `%% ASSISTANT`; text before the
      first one is a user's;
    - anything else, outside a block, is text with placeholders `{{ expression }}`.

    Blocks and lines of Python without text between them are one program. What it prints is put in
    its place without the final newline; what it binds is there for the rest of this render, and no
    longer. A placeholder becomes what `print(expression)` prints. Beside the variables, code finds
    `abbreviate(value, budget)`, `assignments(values, budget)`, `difference(output, label)`,
    `fenced(text, language)` and `shorten(text, limit)`, as in Jinja templates.

    **A template is code**, which runs in this process with all rights, when it is rendered: take
    templates only from whom you would take a Python file. **Values are data**: whatever they hold,
    they open no message, block, comment or placeholder, and aren't run. Containers and arrays that
    the code could change are copied before.

    Printing is captured where it goes through `print`. What writes to `sys.stdout` by other ways,
    such as `pprint.pprint`, isn't: use `print(pprint.pformat(x))`.

    Args:
        source: Text of the template. It isn't stripped, and `$import` in it is text; see `load`.
        name: What errors call it.

    Attributes:
        source: Text of the template, with imports replaced.
        name: What errors call it.

    Raises:
        TemplateError: It isn't valid; names template, line and expression.

    Source: the format of Ishida et al. 2024, with two differences: values are data (the reference
    pastes their text into code), and names don't leak from one render to the next.
    """

    def __init__(self, source: str, *, name: str = "template") -> None:
        self._read(lines_of(source, name), name)

    @classmethod
    def load(cls, path: str | Path) -> NativeTemplate:
        """Read a file and what it imports; each is stripped of white space at both ends.

        Raises:
            TemplateError: A file can't be read or isn't valid, or imports go round in a circle.
        """
        return cls._of(read_lines(path), Path(path).name)

    @classmethod
    def _of(cls, lines: Sequence[Line], name: str) -> NativeTemplate:
        template = cls.__new__(cls)
        template._read(lines, name)
        return template

    def _read(self, lines: Sequence[Line], name: str) -> None:
        self.name = name
        self.source = "\n".join(line.text for line in lines)
        self._lines = list(lines)
        self._pieces = _pieces(lines)
        self._changeable = sorted(set().union(*(piece.changes for piece in self._pieces)))

    def render(self, variables: Mapping[str, Any]) -> list[Message]:
        """Render to messages.

        Raises:
            TemplateError: A variable is missing or code fails; names template, line and expression.
        """
        scope = Scope(variables, self._changeable)
        messages = split("".join(piece.run(scope) for piece in self._pieces), self._lines)
        if not messages:
            raise TemplateError(f"{self.name}: the prompt is empty; write what the model shall do.")
        return messages

    def __reduce__(self) -> tuple[Any, ...]:  # code objects can't be pickled
        return NativeTemplate._of, (self._lines, self.name)

    def __repr__(self) -> str:
        return f"NativeTemplate({self.name!r})"


class _Text:
    """A line of text with placeholders."""

    def __init__(self, line: Line, place: int, *, begins_line: bool) -> None:
        self._head = ""
        if line.text.startswith(HEADER):
            self._head = mark(place)
            if begins_line and "{{" not in line.text:
                role_of(line.text, line)  # says now what it would say when it is rendered
        parts = PLACEHOLDER.split(line.text)
        self._first = parts[0]
        self._rest = [
            (Expression(parts[place], line), parts[place + 1]) for place in range(1, len(parts), 2)
        ]
        self.changes: set[str] = set().union(*(each.changes for each, _ in self._rest))

    def run(self, scope: Scope) -> str:
        if not self._rest:
            return f"{self._head}{self._first}\n"
        filled = "".join(each.evaluate(scope) + after for each, after in self._rest)
        return f"{self._head}{self._first}{filled}\n"


@dataclass
class _Pending:
    """The program that is being read."""

    lines: list[tuple[str, Line, int, bool]]
    opened: Line | None = None
    unclosed: Line | None = None

    def close(self) -> list[Program]:
        if not self.lines:
            return []
        left = self.unclosed or self.opened
        hint = f" (the block that begins at {left.where} has no $end)" if left else ""
        program = Program(self.lines, hint)
        self.lines, self.unclosed = [], None
        return [program]


def _pieces(lines: Sequence[Line]) -> list[_Text | Program]:
    """Sort the lines into texts and programs. The order of the cases is the format's."""
    pieces: list[_Text | Program] = []
    pending = _Pending([])
    for place, line in enumerate(lines):
        text = line.text
        if text.startswith("$ "):
            pending.lines.append((text[2:], line, place, False))
        elif text.startswith("$begin"):
            pending.unclosed = pending.unclosed or pending.opened
            pending.opened = line
        elif text.startswith("$end"):
            pending.opened = None
        elif text.startswith("#"):
            continue
        elif pending.opened is not None:
            pending.lines.append((text, line, place, True))
        else:
            programs = pending.close()
            pieces += programs
            pieces.append(_Text(line, place, begins_line=not programs))
    return [*pieces, *pending.close()]
