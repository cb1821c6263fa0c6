"""Plan: which layers of isolation the zygote shall put up, and what scripts may read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from langprop.sandbox.seccomp import Policy


@dataclass(frozen=True)
class Plan:
    """Which layers of isolation the zygote shall put up, and what scripts may read.

    Attributes:
        policy: The filter of system calls. "paths" becomes "sealed" where there is no Landlock.
        landlock: Whether to put up Landlock.
        namespaces: Whether to enter namespaces.
        seccomp: Whether to put up the filter.
        names: Packages that scripts may import, beside the standard library.
        paths: Folders to look for them in.
        trees: Their files and folders.
    """

    policy: Policy = "paths"
    landlock: bool = True
    namespaces: bool = True
    seccomp: bool = True
    names: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    trees: tuple[str, ...] = ()

    def to_json(self) -> str:
        """As text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """The inverse of `to_json`."""
        values: dict[str, Any] = json.loads(text)
        for name in ("names", "paths", "trees"):
            values[name] = tuple(values[name])
        return cls(**values)


@dataclass
class Layers:
    """What came of a plan.

    Attributes:
        active: Layers that are up, as said to people.
        missing: Layers that aren't, and why not.
        namespaces: Identities of the namespaces that scripts are in, as the kernel names them.
    """

    active: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    namespaces: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """As text."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Layers:
        """The inverse of `to_json`."""
        values: dict[str, Any] = json.loads(data)
        return cls(**values)
