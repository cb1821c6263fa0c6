"""Prompts: the templates of one module."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from langprop.errors import TemplateError
from langprop.prompts.message import Message
from langprop.prompts.template import ENGINES, Template, load_template

DEFAULTS = Path(__file__).parent / "templates"
NAMES = ("setup", "update", "repair")


class Prompts:
    """What a language model is asked.

    Each template is a `Template`, text in the syntax of Jinja, or None for ours.

    Args:
        setup: Asks for a first script, given the specification.
        update: Asks for a better script, given one and what it did.
        repair: Asks again after a reply that holds no usable script; follows that reply.

    Attributes:
        setup: Its template.
        update: Its template.
        repair: Its template.

    Raises:
        TemplateError: A template isn't valid; names template and line.
    """

    def __init__(
        self,
        setup: Template | str | None = None,
        update: Template | str | None = None,
        *,
        repair: Template | str | None = None,
    ) -> None:
        self.setup = _template("setup", setup)
        self.update = _template("update", update)
        self.repair = _template("repair", repair)

    @classmethod
    def load(cls, folder: str | Path) -> Prompts:
        """Read the templates that lie in a folder: setup.jinja, update.jinja, repair.jinja.

        For those that don't, ours are taken.

        Raises:
            TemplateError: There is no template in the folder, or two of the same name, or one that
                can't be read or isn't valid.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise TemplateError(f"there is no folder {folder} to load prompts from.")
        found: dict[str, Template] = {}
        for name in NAMES:
            paths = [folder / (name + suffix) for suffix in ENGINES]
            paths = [path for path in paths if path.is_file()]
            if len(paths) > 1:
                both = " and ".join(path.name for path in paths)
                raise TemplateError(
                    f"{folder} holds {both}: keep one, so that it's clear which is used."
                )
            if paths:
                found[name] = load_template(paths[0])
        if not found:
            raise TemplateError(f"{folder} holds no setup.jinja, update.jinja or repair.jinja.")
        return cls(found.get("setup"), found.get("update"), repair=found.get("repair"))

    @classmethod
    def default(cls) -> Prompts:
        """Our own templates, good enough that nobody has to write some."""
        return cls()

    def render_setup(self, variables: Mapping[str, Any]) -> list[Message]:
        """The request for a first script.

        Raises:
            TemplateError: The template can't be rendered; names template and line.
        """
        return self.setup.render(variables)

    def render_update(self, variables: Mapping[str, Any]) -> list[Message]:
        """The request for a better script.

        Raises:
            TemplateError: The template can't be rendered; names template and line.
        """
        return self.update.render(variables)

    def render_repair(self, variables: Mapping[str, Any]) -> list[Message]:
        """The request for a usable reply: what is added to a conversation.

        Raises:
            TemplateError: The template can't be rendered; names template and line.
        """
        return self.repair.render(variables)


def _template(name: str, given: Template | str | None) -> Template:
    if given is None:
        return _default(name)
    if isinstance(given, str):
        from langprop.prompts.jinja import JinjaTemplate  # needs jinja2: not at `import langprop`

        return JinjaTemplate(given, name=name)
    if not hasattr(given, "render"):
        raise TemplateError(
            f"{name} must be text in the syntax of Jinja or a template, but got "
            f"{type(given).__name__}; to read files, write Prompts.load(folder)."
        )
    return given


@lru_cache(maxsize=len(NAMES))
def _default(name: str) -> Template:
    return load_template(DEFAULTS / f"{name}.jinja")
