"""Template: what renders variables to messages; its engine is chosen by the file's suffix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from langprop.errors import TemplateError
from langprop.prompts.message import Message


class Template(Protocol):
    """Variables in, messages out.

    Attributes:
        source: Text of the template.
        name: What errors call it.
    """

    @property
    def source(self) -> str: ...  # noqa: D102 - documented with the class
    @property
    def name(self) -> str: ...  # noqa: D102 - documented with the class

    def render(self, variables: Mapping[str, Any]) -> list[Message]:
        """Render to messages.

        Raises:
            TemplateError: A variable is missing or an expression fails; names template and line.
        """


def load_template(path: str | Path) -> Template:
    """Read a template; the suffix says in which syntax it is written.

    Raises:
        TemplateError: It can't be read, isn't valid, or has a suffix that no engine knows.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in ENGINES:
        raise TemplateError(
            f"no template engine for {Path(path).name!r}: name it {Path(path).stem}.jinja (Jinja2) "
            f"or {Path(path).stem}.txt (the syntax of the paper's code)."
        )
    return ENGINES[suffix](path)


def _jinja(path: str | Path) -> Template:
    from langprop.prompts.jinja import JinjaTemplate  # needs jinja2: not at `import langprop`

    return JinjaTemplate.load(path)


def _native(path: str | Path) -> Template:
    from langprop.prompts.native import NativeTemplate  # not at `import langprop`: most use Jinja

    return NativeTemplate.load(path)


ENGINES: dict[str, Callable[[str | Path], Template]] = {".jinja": _jinja, ".txt": _native}
"""Engine by suffix. A template may lie there once only: setup.jinja or setup.txt."""
