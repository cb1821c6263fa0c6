"""`langprop export`: a script of a run as a plain Python file, with those that it calls."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from langprop.cli.again import Again
from langprop.cli.judging import (
    add_data,
    add_sandbox,
    executor_of,
    judge,
    limits_of,
    read_batch,
)
from langprop.cli.named import chosen
from langprop.cli.provenance import header
from langprop.errors import ConfigError
from langprop.files import in_one_piece
from langprop.modules.bundle import bundle
from langprop.scripts.script import Script

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.population.policy import Policy


def run(argv: Sequence[str]) -> int:
    """Write the file, or print it.

    Returns:
        0; or 1 if the file was to be tested and doesn't do what the policy does.
    """
    made = argparse.ArgumentParser(
        prog="langprop export",
        description="Write the best script of a run as a plain Python file, which needs no "
        "langprop.",
        allow_abbrev=False,
    )
    made.add_argument("run", metavar="RUN", help="the run's folder")
    made.add_argument("file", metavar="FILE", nargs="?", help="where to; else standard output")
    made.add_argument(
        "--policy", metavar="ID", help="another policy than the best, by the beginning of its id"
    )
    made.add_argument("--force", action="store_true", help="replace the file if it exists")
    made.add_argument(
        "--test",
        action="store_true",
        help="judge the file on the validation data and compare it with the policy; this imports "
        "the module that the run was made with",
    )
    add_data(made, "validation")
    add_sandbox(made)
    settings = made.parse_args(list(argv))
    if settings.test and settings.file is None:
        made.error("--test needs a FILE.")
    again = Again.of(settings.run)
    module = again.trained()
    policy = chosen(module, again.folder, settings.policy)
    source = bundle(module.linked(policy))
    text = f"{header(again, module, policy)}\n{source.rstrip()}\n"
    if settings.file is None:
        print(text, end="")
        return 0
    path = Path(settings.file)
    _write(path, text, force=settings.force)
    print(f"{module.entry_point} → {path}")
    return _test(settings, again, policy, path) if settings.test else 0


def _write(path: Path, text: str, *, force: bool) -> None:
    """Write the file in one piece.

    Raises:
        ConfigError: It is there already, or can't be written.
    """
    if path.is_dir():
        raise ConfigError(f"{path} is a folder: name a file, such as {path / 'policy.py'}.")
    if os.path.lexists(path) and not force:
        raise ConfigError(f"{path} exists already: name another file, or add --force.")
    try:
        data = text.encode()  # strictly: what isn't a text is no Python file, either
        if path.exists() and not path.is_file():  # such as /dev/stdout
            path.write_bytes(data)
            return
        with in_one_piece(path.resolve() if path.is_symlink() else path) as draft:
            draft.write_bytes(data)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"{path} can't be written: {why}") from error


def _test(settings: argparse.Namespace, again: Again, policy: Policy, path: Path) -> int:
    """Judge the file and the policy, each in a process of its own, and compare them."""
    module: Module = again.module(settings.module)
    limits = limits_of(settings, again)
    batch, name = read_batch(settings, again, module, "val")
    with path.open(encoding="utf-8", newline="") as file:
        exported = Script(file.read(), module.entry_point, id="exported")
    with executor_of(settings, again) as executor:
        (before,) = judge(module, [policy.script], batch, executor, limits)
        module.depends = ()  # what it calls stands in the file
        (after,) = judge(module, [exported], batch, executor, limits)
    print(f"the file:   {after} ({name})")
    print(f"the policy: {before}")
    pairs = zip(before.records, after.records, strict=True)
    changed = [a for a, b in pairs if (a.status, a.score) != (b.status, b.score)]
    if not changed:
        print("equal on every sample")
        return 0
    print(
        f"langprop: {path} isn't the policy's equal: {len(changed)} of {len(batch)} samples "
        f"differ, the first is sample {changed[0].sample}.",
        file=sys.stderr,
    )
    return 1
