"""Asking: how the optimizer of a task asks, as far as its configuration tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langprop.registry import names

_EDITS = ("search_replace",)


@dataclass(frozen=True)
class Asking:
    """How an optimizer asks.

    Attributes:
        feedback: Which samples it shows.
        edit: Whether it asks for edits: "search_replace" or "".
    """

    feedback: str = "worst"
    edit: str = ""

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
        known = isinstance(feedback, str) and (feedback in names("feedback") or ":" in feedback)
        return cls(str(feedback) if known else "worst", str(edit) if edit in _EDITS else "")
