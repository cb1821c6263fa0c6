"""Prompts: the templates of one module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from langprop.errors import ConfigError, TemplateError
from langprop.prompts.message import Message
from langprop.prompts.template import ENGINES, Template, load_template

DEFAULTS = Path(__file__).parent / "templates"
NAMES = ("setup", "update", "crossover", "repair", "continuation")

BYTES_PER_TOKEN = 4
"""Of Markdown and code in UTF-8, about; tables of digits take more tokens, plain English fewer."""

MIN_TOKENS = 500

_FRAME = 5_000  # [characters] of our own words in a prompt, at the most
_LEAST = 4_000  # [characters] of evidence that there is always room for, however long the code is
_ATTEMPTS = 4  # at staying within the limit

_OPTIONAL: Mapping[str, Any] = {
    "attempts": [],
    "edit": "",
    "limits": None,
    "modules": {},
    "introduction": "",
    "rival_score": None,
    "scoring": "",
    "stub": "",
}
_OF_SAMPLE: Mapping[str, Any] = {
    "status": "ok",
    "score": 0.0,
    "args": (),
    "kwargs": {},
    "inputs": {},
    "outputs": None,
    "label": None,
    "exception": "",
    "printed": "",
    "feedback": "",
    "calls": [],
    "call_origins": [],
    "differences": "",
    "focus": [],
    "output_focus": [],
    "rival": None,
}


class Prompts:
    """What a language model is asked.

    Each template is a `Template`, text in the syntax of Jinja, or None for ours.

    Args:
        setup: Asks for a first script, given the specification.
        update: Asks for a better script, given one and what it did.
        crossover: Asks for a script that has the best of two.
        repair: Asks again after a reply that holds no usable script; follows that reply.
        continuation: Asks a model that was cut off at its limit of tokens to go on; follows what it
            has written.
        max_tokens: Tokens of a prompt, about: recorded values are abbreviated to what the code and
            the specification leave of them, which are always whole. Templates see it as the
            variable `budget`, the characters that are left for values.

    Attributes:
        setup: Its template; likewise `update`, `crossover`, `repair` and `continuation`.
        max_tokens: As given.

    Raises:
        TemplateError: A template isn't valid; names template and line.
        ConfigError: `max_tokens` is too small for any prompt.
    """

    def __init__(
        self,
        setup: Template | str | None = None,
        update: Template | str | None = None,
        *,
        crossover: Template | str | None = None,
        repair: Template | str | None = None,
        continuation: Template | str | None = None,
        max_tokens: int = 8_000,
    ) -> None:
        if max_tokens < MIN_TOKENS:
            raise ConfigError(f"max_tokens must be at least {MIN_TOKENS}, but got {max_tokens!r}.")
        self.setup = _template("setup", setup)
        self.update = _template("update", update)
        self.crossover = _template("crossover", crossover)
        self.repair = _template("repair", repair)
        self.continuation = _template("continuation", continuation)
        self.max_tokens = max_tokens

    @classmethod
    def load(cls, folder: str | Path, *, max_tokens: int = 8_000) -> Prompts:
        """Read the templates that lie in a folder: setup.jinja or setup.txt, update.jinja, ...

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
                if not found[name].source.strip():
                    raise TemplateError(f"{paths[0]} is empty: write what the model shall do.")
        if not found:
            wanted = ", ".join(f"{name}.jinja" for name in NAMES[:-1])
            inner = sorted(path.parent.name for path in folder.glob("*/setup.*"))
            hint = f", but the folder {inner[0]!r} in it does" if inner else ""
            raise TemplateError(
                f"{folder} holds no {wanted} or {NAMES[-1]}.jinja (nor any .txt){hint}."
            )
        return cls(**found, max_tokens=max_tokens)

    @classmethod
    def default(cls) -> Prompts:
        """Our own templates, good enough that nobody has to write some."""
        return cls()

    def render_setup(self, variables: Mapping[str, Any]) -> list[Message]:
        """The request for a first script.

        Raises:
            TemplateError: The template can't be rendered; names template and line.
        """
        return self.render("setup", variables)

    def render_update(self, variables: Mapping[str, Any]) -> list[Message]:
        """The request for a better script.

        Raises:
            TemplateError: The template can't be rendered; names template and line.
        """
        return self.render("update", variables)

    def render_crossover(self, variables: Mapping[str, Any]) -> list[Message]:
        """The request for a script that has the best of two.

        Raises:
            TemplateError: The template can't be rendered; names template and line.
        """
        return self.render("crossover", variables)

    def render_repair(self, variables: Mapping[str, Any]) -> list[Message]:
        """The request for a usable reply: what is added to a conversation.

        Args:
            variables: Those of the setup prompt, and `reason`, `reply`; where edits were asked for
                also `edit`, and the `code` that they were to change.

        Raises:
            TemplateError: The template can't be rendered; names template and line.
        """
        return self.render("repair", variables)

    def render_continuation(self, variables: Mapping[str, Any]) -> list[Message]:
        """The request to go on with a reply that was cut off: what is added to a conversation.

        Args:
            variables: As for `render_repair`; `reply` is what was written so far.

        Raises:
            TemplateError: The template can't be rendered; names template and line.
        """
        return self.render("continuation", variables)

    def render(self, name: str, variables: Mapping[str, Any]) -> list[Message]:
        """Render the template of that name.

        Args:
            name: One of `NAMES`.
            variables: For the template. A `budget` among them is taken as it is; otherwise values
                are cut until the prompt has no more than `max_tokens`, or what the code and the
                specification need with some evidence.

        Raises:
            TemplateError: The template can't be rendered; names template and line.
        """
        template: Template = getattr(self, name)
        given = _completed(variables)
        if "budget" in given:
            return template.render(given)
        own = _tokens_of_sources(given)
        limit = max(self.max_tokens, own + (_FRAME + _LEAST) // BYTES_PER_TOKEN)
        budget = (limit - own) * BYTES_PER_TOKEN - _FRAME
        budget = max(budget, (limit - own) * BYTES_PER_TOKEN // 4)  # where the limit is small
        uses_it = "budget" in template.source
        for attempt in range(_ATTEMPTS):
            messages = template.render({**given, "budget": budget})
            spent = count_tokens(messages)
            if spent <= limit or not uses_it or attempt == _ATTEMPTS - 1:
                break
            # Texts with many bytes per character, or more parts than a prompt mostly has.
            budget = int(0.9 * budget * (limit - own) / (spent - own))
        return messages


def count_tokens(messages: Sequence[Message]) -> int:
    """About how many tokens a prompt has, from its size; no model counts exactly like this."""
    size = sum(len(message.content.encode("utf-8", "replace")) for message in messages)
    return -(-size // BYTES_PER_TOKEN)


def _completed(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Variables with those that older callers, and people who write them by hand, may leave out."""
    given = {**_OPTIONAL, **variables}
    if "samples" not in given:
        one = {name: given.get(name, usual) for name, usual in _OF_SAMPLE.items()}
        one["record"] = given.get("record")
        given["samples"] = [] if one["record"] is None else [one]
    return given


def _tokens_of_sources(given: Mapping[str, Any]) -> int:
    """Tokens of what is never cut: the code, and what the user wrote."""
    donor, modules = given.get("donor"), given.get("modules")
    texts = [given.get("code"), given.get("stub")]
    if isinstance(donor, Mapping):
        texts.append(donor.get("code"))
    if isinstance(modules, Mapping):
        texts += modules.values()
    size = sum(len(text.encode("utf-8", "replace")) for text in texts if isinstance(text, str))
    return -(-size // BYTES_PER_TOKEN)


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
