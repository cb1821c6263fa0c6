"""Tested: what the tests of a run said, a line each, in `tests.jsonl`.

A score on test data says less with every choice that was made by it, so each test is noted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from langprop.trainer.append import append
from langprop.trainer.report import Report

FILE = "tests.jsonl"
AT_END = "at the end of fit"
"""What stands for the data of the test that ends `langprop fit`."""


def tested(folder: Path) -> list[dict[str, Any]]:
    """The tests of a run, in order; lines that can't be read are passed over."""
    try:
        lines = (folder / FILE).read_bytes().split(b"\n")
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            data = json.loads(line)
            in_words(data)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
        found.append(data)
    return found


def note_tests(folder: Path, reports: Sequence[Report], data: str) -> str:
    """Append a line for each report.

    Args:
        folder: Of the run.
        reports: What was found.
        data: Name of the test data.

    Returns:
        Why they can't be noted; "" if they are.
    """
    when = datetime.now(timezone.utc).isoformat(timespec="seconds")
    lines = [json.dumps({"when": when, **report.to_dict(), "data": data}) for report in reports]
    path = folder / FILE
    try:
        append(path, lines)
    except OSError as error:
        return f"{path} can't be written: {error.strerror or error}"
    return ""


def in_words(test: dict[str, Any]) -> str:
    """A line of the file for people."""
    ends = test.get("interval")
    interval = ""
    if isinstance(ends, list) and len(ends) == 2 and ends[0] != ends[1]:
        interval = f" [{ends[0]:.4g}, {ends[1]:.4g}] (95 %)"
    when = str(test.get("when", ""))[:10]
    return (
        f"{test['score']:.4g}{interval} over {test['n']} samples"
        f" (policy {str(test['policy'])[:8]}{', ' + when if when else ''})"
    )
