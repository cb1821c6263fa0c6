"""Skeleton: the files of a new project."""

from __future__ import annotations

import ast
import builtins
import json
import keyword
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langprop.errors import ConfigError

FOLDER = Path(__file__).parent / "skeletons"
"""Where the templates are."""


@dataclass
class Skeleton:
    """What a new project is filled with.

    Attributes:
        kind: "table", "stub" or "env": which template `module.py` is made with.
        function: Name of the function that is trained.
        title: What it is for, in half a sentence.
        variables: Of the templates.
        copies: Files to copy into the project: name → where from.
        files: Other files to write: name → text.
        notes: What the user is told at the end, a line each.
    """

    kind: str
    function: str
    title: str
    variables: dict[str, Any] = field(default_factory=dict)
    copies: dict[str, Path] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def module(self, *, prompts: bool = False) -> str:
        """The text of `module.py`.

        Raises:
            ConfigError: What was made isn't Python; this is a bug here.
        """
        text = self.render(f"{self.kind}.py.jinja", prompts=prompts)
        try:
            ast.parse(text)
        except (SyntaxError, ValueError) as error:  # pragma: no cover - names and texts are checked
            raise ConfigError(
                f"the project can't be made, since its module.py would be no Python: {error}. "
                "Please report this."
            ) from error
        return text

    def render(self, template: str, **more: Any) -> str:
        """A template, filled in."""
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        made = Environment(  # noqa: S701 - Python, YAML and Markdown, no HTML
            loader=FileSystemLoader(FOLDER),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.tests["match_import"] = lambda line: str(line).startswith("import ")
        made.filters["literal"] = literal
        made.filters["quoted"] = quoted
        variables = {"function": self.function, "title": self.title, "kind": self.kind}
        return made.get_template(template).render({**variables, **self.variables, **more})


def literal(value: Any) -> str:
    """A value as Python source."""
    return json.dumps(value, ensure_ascii=False) if _is_plain_text(value) else repr(value)


def quoted(text: str) -> str:
    """A text as it can stand within a docstring: on one line, and not ending it."""
    line = "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in text
    )
    # What `unicode_escape` made is shown as it is, too.
    return line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def example(value: Any, width: int = 60) -> str:
    """A value in a docstring, cut short."""
    text = literal(value) if isinstance(value, str) else repr(value)
    text = " ".join(text.split()) if len(text) < 10_000 else text[:10_000]
    return quoted(text if len(text) <= width else text[: width - 1] + "…")


def identifier(text: str, taken: Collection[str] = (), *, otherwise: str = "column") -> str:
    """A name for a parameter or function, made of any text; it hides no builtin."""
    name = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", text)).strip("_")
    if not name.isidentifier():
        # "3rd" becomes x3rd; what has no letters at all becomes the other word
        name = f"x{name}" if f"x{name}".isidentifier() and name else otherwise
    name = name[:60].rstrip("_")
    if name != text:  # a name of our own, then
        name = name.lower()
    if keyword.iskeyword(name) or hasattr(builtins, name):
        name += "_"
    if name not in taken:
        return name
    return next(
        f"{name}_{number}" for number in range(2, len(taken) + 3) if f"{name}_{number}" not in taken
    )


def function_name(name: str | None, otherwise: str) -> str:
    """The name of the function that is trained.

    Raises:
        ConfigError: It was given, and is no name.
    """
    if name is None:
        return otherwise
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ConfigError(f"--name {name}: that is no name of a function, such as my_function.")
    return name


def _is_plain_text(value: Any) -> bool:
    """Whether JSON writes a text as Python does, on one line."""
    return isinstance(value, str) and value.isprintable() and value.isascii()
