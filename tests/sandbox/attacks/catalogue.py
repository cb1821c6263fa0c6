"""Catalogue: the hostile scripts, found and read; never imported."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
GROUPS = ("time", "memory", "process", "filesystem", "network", "harness", "leaks")

_TOOLBOX = """
import sys as _s, types as _t
_m = _s.modules["toolbox"] = _t.ModuleType("toolbox"); exec({text!r}, _m.__dict__)
""".strip().replace("\n", "; ")
_STATUSES = ("ok", "exception")
_ONLY_LATE = frozenset({"timeout"})


@dataclass(frozen=True)
class Attack:
    """One hostile script, and what may come of it.

    Attributes:
        path: Its file.
        idea: Its docstring.
        expect: Configuration → "leak" where the idea is known to work. Everywhere else it must not.
            Where it is known to, it may still fail: machines differ.
        statuses: How calls may end.
        limits: Limits other than those of the arena, as arguments of `Limits`.
        skip: Configuration → why it isn't run there.
        runs: How often it is run: a second run looks for what the first one left.
        batch: Calls of each run.
        machine: The only architecture that it is made for; "" for any.
        stream: Whether each sample is given after the answer to the one before.
        slow: Whether it takes seconds.
    """

    path: Path
    idea: str
    expect: Mapping[str, str] = field(default_factory=dict)
    statuses: frozenset[str] = frozenset(_STATUSES)
    limits: Mapping[str, Any] = field(default_factory=dict)
    skip: Mapping[str, str] = field(default_factory=dict)
    runs: int = 1
    batch: int = 2
    machine: str = ""
    stream: bool = False
    slow: bool = False

    @property
    def group(self) -> str:
        """Name of the folder."""
        return self.path.parent.name

    @property
    def name(self) -> str:
        """As in "time/inf_loop"."""
        return f"{self.group}/{self.path.stem}"

    @property
    def hangs(self) -> bool:
        """Whether it can only end with the time limit, or by being killed after it."""
        return self.statuses == _ONLY_LATE

    @cached_property
    def source(self) -> str:
        """What is run: the script, with the toolbox before it if it uses that."""
        text = self.path.read_text(encoding="utf-8")
        if "toolbox" not in text:
            return text
        return (
            _TOOLBOX.format(text=(FOLDER / "toolbox.py").read_text(encoding="utf-8")) + "\n" + text
        )


_CONSTANTS = {
    "EXPECT": "expect",
    "STATUS": "statuses",
    "LIMITS": "limits",
    "SKIP": "skip",
    "RUNS": "runs",
    "BATCH": "batch",
    "MACHINE": "machine",
    "STREAM": "stream",
    "SLOW": "slow",
}


def _read(path: Path) -> Attack:
    """An attack from its file.

    Raises:
        ValueError: It has no docstring, a constant isn't a literal, or an expectation is unknown.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    idea = ast.get_docstring(tree)
    if not idea:
        raise ValueError(f"{path}: say the idea in a docstring.")
    values: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = _CONSTANTS.get(node.targets[0].id)
            if name:
                values[name] = ast.literal_eval(node.value)
    if "statuses" in values:
        values["statuses"] = frozenset(values["statuses"])
    unknown = set(values.get("expect", {}).values()) - {"leak"}
    if unknown:
        raise ValueError(f"{path}: EXPECT knows 'leak' only, but got {unknown}.")
    return Attack(path=path, idea=idea, **values)


def catalogue() -> list[Attack]:
    """All attacks, by group and name."""
    return [_read(path) for group in GROUPS for path in sorted((FOLDER / group).glob("*.py"))]
