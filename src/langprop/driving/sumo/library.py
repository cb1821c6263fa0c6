"""Library: libsumo, found and imported; the one thing here that may be missing."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import warnings
from typing import Any

from langprop.errors import MissingDependency, SimulatorError

SYSTEM_PACKAGES = "libgl1 libx11-6 libxext6 libxrender1 libexpat1 libatomic1"
"""What libsumo's wheel expects of the system, as Debian and Ubuntu call it."""


def require() -> None:
    """Check that libsumo is installed, without importing it.

    Raises:
        MissingDependency: It isn't.
    """
    try:
        found = importlib.util.find_spec("libsumo") is not None
    except (ImportError, ValueError):
        found = False
    if not found:
        raise MissingDependency("driving in SUMO (libsumo)", "driving")


def load() -> Any:
    """Import libsumo. A crash of it ends the interpreter: best done in a process of its own.

    Raises:
        MissingDependency: It isn't installed.
        SimulatorError: It lacks a library of the system.
    """
    require()
    try:
        # It warns of other versions of pyarrow, which aren't used here, on standard output.
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module("libsumo")
    except ModuleNotFoundError as error:
        raise MissingDependency(f"driving in SUMO ({error})", "driving") from error
    except (ImportError, OSError) as error:
        raise SimulatorError(
            f"libsumo can't be loaded: {error}. Its package expects libraries of the system: on "
            f"Debian and Ubuntu run  apt install {SYSTEM_PACKAGES}"
        ) from error
