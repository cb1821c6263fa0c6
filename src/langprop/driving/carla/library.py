"""Library: CARLA's client, loaded on first use."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from langprop.errors import MissingDependency, SimulatorError


def load() -> Any:
    """CARLA's client.

    Raises:
        MissingDependency: It isn't installed.
        SimulatorError: It's installed, but can't be loaded; or there is none for this Python.
    """
    try:
        return importlib.import_module("carla")
    except ModuleNotFoundError as error:
        if sys.version_info >= (3, 13):
            raise SimulatorError(
                "CARLA's client exists for Python 3.10 to 3.12, and this is Python "
                f"{sys.version_info[0]}.{sys.version_info[1]}."
            ) from error
        raise MissingDependency("the simulator CARLA", "carla") from error
    except ImportError as error:  # a library of the system
        raise SimulatorError(
            f"CARLA's client can't be loaded: {error}. It needs libraries of the system; on Debian "
            "and Ubuntu:  apt install libjpeg-turbo8 libtiff5 libpng16-16  (names differ between "
            "versions)."
        ) from error
