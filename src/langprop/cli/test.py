"""`langprop test`: judge policies of a run on test data, and note that it was done."""

from __future__ import annotations

from collections.abc import Sequence

from langprop.cli.validate import judge_run


def run(argv: Sequence[str]) -> int:
    """Judge on test data, which nothing else is done with."""
    return judge_run(argv, "test", "test")
