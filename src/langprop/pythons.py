"""Pythons: how other ones of our own are started, for trusted work in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The working folder isn't searched for what is imported first: a policy there that is named like a
# module of Python, such as signal.py, would run unsandboxed. langprop is found by its place here.
_BOOTSTRAP = """
import sys
sys.path[:] = [path for path in sys.path if path]
import importlib, importlib.util, json
own, module, arguments = json.loads(sys.argv[1])
spec = importlib.util.spec_from_file_location(
    "langprop", own + "/__init__.py", submodule_search_locations=[own]
)
sys.modules["langprop"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["langprop"])
importlib.import_module(module).main(*arguments)
"""

# What a Python starts another one with, so that -O or -X mean the same in both.
_flags: Callable[[], list[str]] = getattr(subprocess, "_args_from_interpreter_flags", list)


def command(module: str, *arguments: Any) -> list[str]:
    """What starts a new Python that calls the `main` of a module of langprop's.

    Args:
        module: Its full name.
        arguments: JSON data.
    """
    told = json.dumps([str(Path(__file__).resolve().parent), module, arguments])
    return [sys.executable, *_flags(), "-c", _BOOTSTRAP, told]
