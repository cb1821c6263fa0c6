"""langprop doctor: what this machine offers, and what to do about what is missing."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langprop import __version__
from langprop.cli.machine import KEYS, disk, extras, keys, prices
from langprop.errors import LangPropError
from langprop.sandbox.isolation import MODES, Isolation

_WIDTH = 12
_REQUIRED = 2  # level that training asks for
_LITTLE = 1 << 30  # [bytes] free, below which a warning is due


def run(arguments: Sequence[str]) -> int:
    """Look at this machine.

    Returns:
        0 if scripts can be isolated as training wants it, else 1.
    """
    parser = argparse.ArgumentParser(
        prog="langprop doctor",
        description="Tell how well generated code can be kept in on this machine, and what is "
        "installed and set. Each kind of isolation is tried with a canary script that attempts to "
        "get out. Keys are never shown. Exits with 1 if training would refuse to run here.",
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.add_argument(
        "--runs", metavar="FOLDER", default="runs", help="where runs will be; by default runs"
    )
    given = parser.parse_args(arguments)
    found = look(Path(given.runs))
    if given.json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        _show(found)
    return 0 if found["trains"] else 1


def look(runs: Path) -> dict[str, Any]:
    """Everything that is told of this machine, as JSON data; no value of a key is in it.

    Args:
        runs: Where runs will be.
    """
    results = {mode: _try(mode) for mode in MODES if mode != "none"}
    auto = results["auto"]
    refusal = auto if isinstance(auto, str) else ""
    if not isinstance(auto, str) and auto[0].level < _REQUIRED:
        refusal = auto[0].refusal(_REQUIRED)
    return {
        "langprop": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": _cores(),
        "user": _user(),
        "temporary_files": _temporary(),
        "trains": not refusal,
        "refusal": refusal,
        "isolation": {mode: _as_json(result) for mode, result in results.items()},
        "extras": extras(),
        "keys": keys(),
        "prices": prices(),
        "runs": disk(runs),
    }


def _as_json(result: tuple[Isolation, float] | str) -> dict[str, Any]:
    if isinstance(result, str):
        return {"level": None, "name": "", "text": result, "start_seconds": None}
    isolation, seconds = result
    return {
        "level": isolation.level,
        "name": isolation.name,
        "text": str(isolation).removeprefix(f"isolation: {isolation.name} "),
        "start_seconds": seconds,
    }


def _show(found: dict[str, Any]) -> None:
    print(f"langprop {found['langprop']} · Python {found['python']} · {found['platform']}")
    print(f"{found['cores']} cores · user id {found['user']}")
    if found["temporary_files"]:
        print(f"temporary files: {found['temporary_files']}")
    print("\nisolation of generated code:")
    for mode, result in found["isolation"].items():
        mark = "-" if result["level"] is None else f"L{result['level']}"
        print(f"  {mode:{_WIDTH}} {mark:2}  {result['text']}")
    print(f"  {'none':{_WIDTH}} L0  the trainer's own process, for code that you have read")
    _show_extras(found["extras"])
    _show_keys(found["keys"])
    _show_rest(found["prices"], found["runs"])
    print()
    if not found["trains"]:
        print(f"Training refuses to run here: {found['refusal']}")
        return
    auto = found["isolation"]["auto"]
    print(
        f"Training runs with isolation 'auto' at {auto['name']}; the sandbox starts in "
        f"{1e3 * auto['start_seconds']:.0f} ms. Levels: 1 against accidents; 2 the kernel denies "
        "files, network and other processes; 3 as 2, in namespaces of its own."
    )


def _show_extras(found: dict[str, dict[str, str | None]]) -> None:
    print("\nextras:")
    if not found:
        print("  unknown: langprop isn't installed here, but found; pip install -e . installs it")
    for extra, packages in found.items():
        there = ", ".join(f"{name} {version}" for name, version in packages.items() if version)
        missing = [name for name, version in packages.items() if version is None]
        if missing:
            there += f"{'; ' if there else ''}no {', '.join(missing)}: "
            there += f"pip install 'langprop[{extra}]'"
        print(f"  {extra:{_WIDTH}} {there}")


def _show_keys(found: dict[str, bool]) -> None:
    print("\nkeys and settings in the environment (their values are never shown):")
    for reader, names in KEYS.items():
        present = [name for name in names if found[name]]
        absent = [name for name in names if not found[name]]
        parts = [f"{', '.join(present)} set"] if present else []
        parts += [f"{', '.join(absent)} not set"] if absent else []
        print(f"  {reader:{_WIDTH}} {'; '.join(parts)}")


def _show_rest(prices: dict[str, Any], runs: dict[str, Any]) -> None:
    own = f"; {prices['own']} of your own" if prices["own"] else ""
    print(f"\nprices of models: of {prices['date']}, {prices['age_days']} days old{own}")
    if prices["error"]:
        print(f"  {prices['error']}")
    if runs["free_bytes"] is not None:
        little = " (little: a run that can't write stops)" if runs["free_bytes"] < _LITTLE else ""
        print(f"{runs['folder']}: {runs['free_bytes'] / 1e9:,.1f} GB free{little}")
    if runs["error"]:
        print(f"{runs['folder']}: {runs['error']}")


def _try(mode: str) -> tuple[Isolation, float] | str:
    """What isolation a mode gives and how long its start takes [s], or why it can't be had."""
    from langprop.executors.local import LocalExecutor

    try:
        start = time.perf_counter()
        with LocalExecutor(1, isolation=mode, require_level=0) as executor:  # type: ignore[arg-type]
            return executor.isolation, time.perf_counter() - start
    except LangPropError as error:
        return str(error)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _user() -> str:
    if sys.platform == "win32":
        return "unknown"
    root = " (root: an ordinary user is safer)" if os.getuid() == 0 else ""
    return f"{os.getuid()}{root}"


def _temporary() -> str:
    try:
        with tempfile.TemporaryFile() as file:
            file.write(b"x" * 4096)
    except OSError as error:
        return f"can't be written ({error}); training works without, but other tools may not"
    return ""
