"""Jinja templates: text with variables that renders to messages."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langprop.errors import TemplateError
from langprop.prompts.abbreviate import abbreviate, assignments, shorten
from langprop.prompts.difference import difference
from langprop.prompts.fence import fenced, sendable
from langprop.prompts.message import Message, Role

if TYPE_CHECKING:
    from types import TracebackType

    import jinja2

OWN = Path(__file__).parent / "templates"
ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant"}
MAX_LINE = 200  # [characters] of a template's line in an error's message

_ROLE_LINE = re.compile(r"^%%[ \t]+(.*?)[ \t]*$", re.MULTILINE)
_TOKEN = secrets.token_hex(16)  # of this process; never rendered, so that no value can hold it
_MARK = re.compile(rf"\x00{_TOKEN}:(\w+)\x00\n?")


class JinjaTemplate:
    """A template in the syntax of Jinja, sandboxed, in which a missing variable is an error.

    A line `%% SYSTEM`, `%% USER` or `%% ASSISTANT` in the template opens a message; text before
    the first one is a user message, and a message with nothing but blanks is dropped. Such a line
    in a *value* is data. Besides Jinja's own filters there are `abbreviate(budget)`, for values of
    any size, `assignments(budget)`, for named values, `shorten(limit)`, for text, and
    `fenced(language)`, for text that shall not be taken for a part of the prompt, and
    `difference(label)`, for the places where an answer differs from it.

    Args:
        source: Text of the template.
        name: What errors call it.
        folder: Where `{% include "_part.jinja" %}` looks first; then, or if it is None, it looks
            among the parts of our own templates, such as "_answer.jinja".

    Raises:
        TemplateError: The source isn't valid; names template and line.
    """

    def __init__(
        self, source: str, *, name: str = "template", folder: str | Path | None = None
    ) -> None:
        import jinja2

        self.source = source
        self.name = name
        self._folder = None if folder is None else str(folder)
        environment = _environment(self._folder)
        try:
            code = environment.compile(source, name=name, filename=name)
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError(
                f"{error.name or name}, line {error.lineno}: {error.message}"
            ) from error
        self._template = jinja2.Template.from_code(environment, code, environment.globals)

    @classmethod
    def load(cls, path: str | Path) -> JinjaTemplate:
        """Read a file; what it includes lies beside it.

        Raises:
            TemplateError: It can't be read, or isn't valid.
        """
        path = Path(path)
        try:
            source = path.read_text(encoding="utf-8-sig")  # some editors begin files with a mark
        except (OSError, UnicodeDecodeError) as error:
            raise TemplateError(f"the template {path} can't be read: {error}") from error
        return cls(source, name=path.name, folder=path.parent)

    def render(self, variables: Mapping[str, Any]) -> list[Message]:
        """Render to messages.

        Raises:
            TemplateError: A variable is missing or an expression fails; names template and line.
        """
        import jinja2

        try:
            text = self._template.render(dict(variables))
        except jinja2.TemplateSyntaxError as error:  # in an included part
            raise TemplateError(f"{error.name}, line {error.lineno}: {error.message}") from error
        except Exception as error:
            where, number = _where(error.__traceback__)
            place = f"{where}, line {number}" if where else self.name
            what = _what(error, variables)
            raise TemplateError(f"{place}: {what}{self._line(where, number)}") from error
        messages: list[Message] = []
        first, *parts = _MARK.split(text)
        for role, content in [("user", first), *zip(parts[::2], parts[1::2], strict=True)]:
            if content.strip():
                messages.append(Message(ROLES[role], sendable(content.strip())))
        if not messages:
            raise TemplateError(f"{self.name}: the prompt is empty; write what the model shall do.")
        return messages

    def _line(self, name: str, number: int) -> str:
        """A line of this template or of an included one, as the end of an error's message."""
        source = self.source if name == self.name else ""
        loader = self._template.environment.loader
        if name and not source and loader is not None:
            try:
                source = loader.get_source(self._template.environment, name)[0]
            except Exception:  # the file is gone meanwhile: the error is told without the line
                return ""
        lines = source.split("\n")
        line = lines[number - 1].strip() if 0 < number <= len(lines) else ""
        return f" The line is: {shorten(line, MAX_LINE)}" if line else ""

    def __reduce__(self) -> tuple[Any, ...]:  # what Jinja compiles can't be pickled
        return _remade, (self.source, self.name, self._folder)

    def __repr__(self) -> str:
        return f"JinjaTemplate({self.name!r})"


def _remade(source: str, name: str, folder: str | None) -> JinjaTemplate:
    return JinjaTemplate(source, name=name, folder=folder)


@lru_cache(maxsize=64)
def _environment(folder: str | None) -> jinja2.Environment:
    import jinja2
    import jinja2.ext
    import jinja2.sandbox

    class Roles(jinja2.ext.Extension):
        """Turns the lines that open a message into marks, in included parts too."""

        def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
            del filename

            def mark(match: re.Match[str]) -> str:
                role = ROLES.get(match[1].lower())
                if role is None:
                    line = source.count("\n", 0, match.start()) + 1
                    raise jinja2.TemplateSyntaxError(
                        f"unknown role {match[1]!r}: write %% SYSTEM, %% USER or %% ASSISTANT, "
                        "or put a blank before a %% that is text",
                        line,
                        name,
                    )
                return f"\x00{_TOKEN}:{role}\x00"

            return _ROLE_LINE.sub(mark, source)

    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader([*([folder] if folder else []), OWN]),
        undefined=jinja2.StrictUndefined,
        extensions=[Roles],
        trim_blocks=True,  # a line with nothing but a tag leaves no empty line
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # prompts are Markdown, not HTML
    )
    for values in (abbreviate, assignments, difference, fenced, shorten):
        environment.filters[values.__name__] = values
    return environment


def _where(trace: TracebackType | None) -> tuple[str, int]:
    """Template and line of the innermost template that was being rendered; "" if unknown."""
    where, line = "", 0
    while trace is not None:
        # Jinja rewrites tracebacks so that its frames stand in the template's own lines.
        if "__jinja_exception__" in trace.tb_frame.f_globals:
            where, line = Path(trace.tb_frame.f_code.co_filename).name, trace.tb_lineno
        trace = trace.tb_next
    return where, line


def _what(error: Exception, variables: Mapping[str, Any]) -> str:
    import jinja2

    if isinstance(error, jinja2.TemplateNotFound):
        return f"there is no template {error.name!r} to include."
    if isinstance(error, jinja2.UndefinedError):
        return f"{error.message}. The variables are: {', '.join(sorted(variables))}."
    if isinstance(error, RecursionError):
        return "it goes too deep: perhaps a template includes itself, by way of another one."
    text = f"{type(error).__name__}: {error}"
    return text if text.endswith(".") else text + "."
