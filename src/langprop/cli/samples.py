"""Showing samples on which a policy did badly."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from langprop.callbacks.source import visible

if TYPE_CHECKING:
    from rich.console import Console

_INDENT = " " * 4


def print_samples(console: Console, function: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Print samples, each with what it was, what came out and what was expected.

    Args:
        console: Where to.
        function: Name of the function.
        rows: As `trainer.worst.abbreviated` gives them; what is missing is left out.
    """
    for row in rows:
        score = row.get("score")
        shown = f"{score:.4g}" if isinstance(score, (int, float)) else "?"
        parts = [f"sample {row.get('sample', '?')}", f"score {shown}", str(row.get("status", "?"))]
        scores = row.get("scores")
        if isinstance(scores, Mapping):
            parts += [f"{name} {value:.4g}" for name, value in scores.items()]
        text = ["  " + " · ".join(parts)]
        for name, label in (
            ("args", function),
            ("kwargs", "by name"),
            ("output", "answer"),
            ("label", "label"),
            ("exception", ""),
            ("printed", "printed"),
            ("feedback", "feedback"),
        ):
            value = str(row.get(name) or "")
            if value and not (name == "label" and value == "None"):
                text.append(textwrap.indent(f"{label} {value.rstrip()}".strip(), _INDENT))
        joined = "\n".join(text)
        # What is cut may be long lines; a terminal wraps them, a file keeps them.
        console.print(visible(joined), markup=False, highlight=False, soft_wrap=True)
