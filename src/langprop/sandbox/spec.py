"""Spec: what is asked of a sandbox."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from langprop.errors import IsolationError
from langprop.sandbox.isolation import Mode


@dataclass(frozen=True)
class Spec:
    """What is asked of a sandbox.

    Attributes:
        mode: What to ask of the system.
        require_level: The least level of isolation.
        packages: What scripts may import, beside the standard library.
        without: Layers to leave out, for tests and measurements: "landlock", "namespaces",
            "seccomp".
    """

    mode: Mode = "auto"
    require_level: int = 2
    packages: tuple[str, ...] = ("numpy",)
    without: frozenset[str] = frozenset()


def check_platform() -> None:
    """Say early that scripts can't be isolated here.

    Raises:
        IsolationError: Not Linux, or no interpreter that could be started.
    """
    inline = (
        "type isolation='none' to run generated code in this process, where it can do whatever "
        "you can."
    )
    if sys.platform != "linux":
        raise IsolationError(
            "isolating scripts needs Linux: on Windows use WSL2, on macOS a Linux container; or "
            + inline
        )
    if not sys.executable:
        raise IsolationError(
            "isolating scripts needs a Python interpreter to start, but sys.executable is empty "
            f"(an embedded Python?): set it, or {inline}"
        )
