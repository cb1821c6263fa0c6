"""`langprop export`: the best script of a run as a plain Python file, with those that it calls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from langprop.errors import ConfigError


def run(argv: Sequence[str]) -> int:
    """Write the file, or print it."""
    from jsonargparse import ArgumentParser

    made = ArgumentParser(
        prog="langprop export", description="Write the best script of a run as a plain Python file."
    )
    made.add_argument("run", type=str, help="the run's folder")
    made.add_argument(
        "file",
        type=str | None,
        nargs="?",
        default=None,
        help="where to; standard output if not given",
    )
    made.add_argument("--force", action="store_true", help="replace the file if it exists")
    settings = made.parse_args(list(argv))

    from langprop.trainer.run_dir import load

    module = load(settings.run)
    best = module.best
    header = (
        f"# {module.entry_point}: learned by langprop; run {Path(settings.run).name}, "
        f"policy {best.id if best else '?'}, priority {best.priority if best else 0:.6g}.\n"
        "# This file needs no langprop.\n"
    )
    text = _with_header(module.standalone, header)
    if settings.file is None:
        print(text, end="")
        return 0
    path = Path(settings.file)
    if path.exists() and not settings.force:
        raise ConfigError(f"{path} exists already: name another file, or add --force.")
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {error.strerror or error}") from error
    print(f"{module.entry_point} → {path}")
    return 0


def _with_header(source: str, header: str) -> str:
    """The source below comments, which may stand before a docstring and `from __future__`."""
    return header + "\n" + source.rstrip() + "\n"
