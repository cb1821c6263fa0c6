"""Ids: by what name a service knows a run, kept in the run's folder so that it can go on there."""

from __future__ import annotations

import json
from pathlib import Path

from langprop.files import write_text

FILE = "loggers.json"


def recall(run_dir: Path | None, service: str) -> str | None:
    """The id under which a service knows the run; None if it was never logged there."""
    return _read(run_dir).get(service) if run_dir is not None else None


def remember(run_dir: Path | None, service: str, run_id: str) -> None:
    """Keep the id in the run's folder, if there is one.

    Raises:
        OSError: It can't be written.
    """
    if run_dir is None:
        return
    ids = {**_read(run_dir), service: run_id}
    write_text(run_dir / FILE, json.dumps(ids))


def _read(run_dir: Path) -> dict[str, str]:
    """What is there; a damaged file is as good as none, since only a new run comes of it."""
    try:
        ids = json.loads((run_dir / FILE).read_text(encoding="utf-8"))
        return {str(service): str(run_id) for service, run_id in ids.items()}
    except (OSError, ValueError, AttributeError):
        return {}
