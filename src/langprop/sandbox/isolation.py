"""Isolation: what was witnessed of how well scripts are kept in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Mode = Literal["auto", "sealed", "bwrap", "process", "none"]
"""What can be asked for.

- "auto": everything that this machine offers;
- "sealed": the same, and scripts can open no file at all, so that they import only what is loaded;
- "bwrap": the same as "auto", inside bubblewrap, which also hides that files exist;
- "process": a process with limits. It contains accidents, not malice;
- "none": no sandbox: the trainer's own process.
"""

MODES: tuple[Mode, ...] = ("auto", "sealed", "bwrap", "process", "none")

LEVELS = ("in-process", "process", "kernel", "kernel and namespaces")
"""Names of the levels 0 to 3."""

_FIXES = {
    "seccomp": (
        "seccomp needs a kernel with CONFIG_SECCOMP_FILTER on x86_64 or aarch64; emulators often "
        "lack it"
    ),
    "landlock": (
        "Landlock needs Linux 5.13 or later with landlock in its lsm= list, and a container must "
        "not deny the landlock_* system calls"
    ),
    "namespaces": (
        "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, or "
        "kernel.apparmor_restrict_unprivileged_userns=0), or install bubblewrap"
    ),
    "bwrap": "install bubblewrap (on Debian and Ubuntu: apt install bubblewrap)",
}


@dataclass(frozen=True)
class Isolation:
    """How well scripts are kept in, as a canary script found it, not as it was configured.

    Attributes:
        mode: What was asked for.
        level: 0 in the trainer's process; 1 in a process of its own, against accidents; 2 the
            kernel denies scripts all files but Python's, the network, and other processes; 3 as 2,
            in namespaces of their own.
        active: Layers that are up.
        missing: Layers that aren't, and why.
        leaks: What the canary could do that a script must not be able to do.
        visible: What scripts can learn, though it lets them change nothing.
        seconds: How long the canary took [s].
    """

    mode: str
    level: int
    active: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    leaks: tuple[str, ...] = ()
    visible: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """The level in words, such as "L2 kernel"."""
        return f"L{self.level} {LEVELS[self.level]}"

    def __str__(self) -> str:
        parts = [f"isolation: {self.name}"]
        if self.active:
            parts[0] += f" ({', '.join(self.active)})"
        if self.level:
            parts[0] += f", witnessed by a canary in {1e3 * self.seconds:.0f} ms"
        if self.leaks:
            parts.append(f"scripts could {', '.join(self.leaks)}")
        if self.missing:
            parts.append(f"not active: {_listed(self.missing)}")
        if self.visible:
            parts.append(f"visible: {', '.join(self.visible)}")
        return "; ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        return {
            "mode": self.mode,
            "level": self.level,
            "active": list(self.active),
            "missing": dict(self.missing),
            "leaks": list(self.leaks),
            "visible": list(self.visible),
            "seconds": self.seconds,
        }

    def refusal(self, required: int) -> str:
        """Why this isn't enough, and what to do about it."""
        parts = [
            f"scripts can't be isolated well enough here: level {required} "
            f"({LEVELS[required]}) is required, but this is {self.name}."
        ]
        if self.leaks:
            parts.append(f"A script could {', '.join(self.leaks)}.")
        if self.missing:
            parts.append(f"Missing: {_listed(self.missing)}.")
            parts += [f"{_FIXES[layer]}." for layer in self.missing if layer in _FIXES]
        parts.append(
            "Or type isolation='process' to run anyway: it contains accidents, but a hostile "
            "script can do whatever you can."
            if required == 2
            else f"Or ask for less with require_level={self.level}."
        )
        return " ".join(parts)


IN_PROCESS = Isolation("none", 0)
"""No sandbox at all."""


def _listed(missing: Mapping[str, str]) -> str:
    return ", ".join(f"{layer} ({reason})" for layer, reason in missing.items())
