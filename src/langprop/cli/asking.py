"""Asking: how the optimizer of a task asks, as far as its configuration tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langprop.cli.config import read_mapping
from langprop.errors import ConfigError
from langprop.registry import names
from langprop.sandbox.limits import Limits

_EDITS = ("search_replace",)


@dataclass(frozen=True)
class Asking:
    """How an optimizer asks.

    Attributes:
        feedback: Which samples it shows.
        edit: Whether it asks for edits: "search_replace" or "".
        limits: What a script may use.
    """

    feedback: str = "worst"
    edit: str = ""
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def of(cls, settings: Any) -> Asking:
        """From an optimizer's settings; what isn't known there is as usual.

        Args:
            settings: As a task's configuration has them (a short name, or a mapping with
                `init_args`), or as they are kept with a run.
        """
        found = settings.get("init_args", settings) if isinstance(settings, Mapping) else {}
        if not isinstance(found, Mapping):
            return cls()
        feedback, edit = found.get("feedback"), found.get("edit")
        known = isinstance(feedback, str) and feedback in names("feedback")  # or the user's own
        return cls(str(feedback) if known else "worst", str(edit) if edit in _EDITS else "")

    @classmethod
    def of_run(cls, folder: Path) -> Asking:
        """From what is kept with a run; as usual if that can't be read."""
        try:
            kept = read_mapping(folder / "config.yaml")
        except ConfigError:  # the prompt is worth a look all the same
            return cls()
        return cls.of(kept.get("optimizer"))
