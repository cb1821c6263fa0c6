"""langprop doctor: what this machine offers, and what to do about what is missing."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence

from langprop import __version__
from langprop.errors import LangPropError
from langprop.sandbox.isolation import MODES, Isolation

_WIDTH = 9


def run(arguments: Sequence[str]) -> int:
    """Look at this machine.

    Returns:
        0 if scripts can be isolated as training wants it, else 1.
    """
    parser = argparse.ArgumentParser(
        prog="langprop doctor",
        description="Tell how well generated code can be kept in on this machine. Each kind of "
        "isolation is tried with a canary script that attempts to get out.",
        allow_abbrev=False,
    )
    parser.parse_args(arguments)
    print(f"langprop {__version__} · Python {platform.python_version()} · {platform.platform()}")
    print(f"{_cores()} cores · user id {_user()}")
    if problem := _temporary():
        print(f"temporary files: {problem}")
    print("\nisolation of generated code:")
    results = {mode: _try(mode) for mode in MODES if mode != "none"}
    for mode, result in results.items():
        mark = "-" if isinstance(result, str) else f"L{result[0].level}"
        print(f"  {mode:{_WIDTH}} {mark:2}  {_words(result)}")
    print(f"  {'none':{_WIDTH}} L0  the trainer's own process, for code that you have read")
    auto = results["auto"]
    print()
    if isinstance(auto, str):
        print(f"Training refuses to run here: {auto}")
        return 1
    if auto[0].level < 2:
        print(f"Training refuses to run here: {auto[0].refusal(2)}")
        return 1
    print(
        f"Training runs with isolation 'auto' at {auto[0].name}; the sandbox starts in "
        f"{1e3 * auto[1]:.0f} ms. Levels: 1 against accidents; 2 the kernel denies files, network "
        "and other processes; 3 as 2, in namespaces of its own."
    )
    return 0


def _try(mode: str) -> tuple[Isolation, float] | str:
    """What isolation a mode gives and how long its start takes [s], or why it can't be had."""
    from langprop.executors.local import LocalExecutor

    try:
        start = time.perf_counter()
        with LocalExecutor(1, isolation=mode, require_level=0) as executor:  # type: ignore[arg-type]
            return executor.isolation, time.perf_counter() - start
    except LangPropError as error:
        return str(error)


def _words(result: tuple[Isolation, float] | str) -> str:
    if isinstance(result, str):
        return result
    isolation, _ = result
    return str(isolation).removeprefix(f"isolation: {isolation.name} ")


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
