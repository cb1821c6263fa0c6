"""Configurations: the sandboxes that attacks are run against.

`InlineExecutor`, level 0, isn't among them: it is the trainer's own process, and contains nothing.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass

from langprop.errors import IsolationError, SandboxError
from langprop.executors.local import LocalExecutor
from langprop.sandbox.spec import Spec

from .arena import Arena, Verdict
from .catalogue import Attack

_WORKERS = 2  # the attack, and a rival beside it


class Unavailable(Exception):
    """A configuration that this machine doesn't have; says why."""


@dataclass(frozen=True)
class Configuration:
    """A sandbox that attacks are run against.

    Attributes:
        name: Its name.
        words: What it is.
        spec: What is asked for.
        level: The least level that it must have; less is another configuration.
        sessions: Whether scripts are called step by step.
        like: The configuration whose expectations hold.
    """

    name: str
    words: str
    spec: Spec
    level: int = 2
    sessions: bool = False
    like: str = ""

    def arena(self) -> Arena:
        """An arena with this sandbox.

        Raises:
            Unavailable: This machine doesn't have it.
        """
        executor = _Configured(self.spec)
        try:
            level = executor.isolation.level
            if level < self.level:
                raise Unavailable(f"{self.name}: {executor.isolation}")
            return Arena(executor, sessions=self.sessions)
        except (IsolationError, SandboxError) as error:
            executor.close()
            raise Unavailable(f"{self.name}: {error}") from error
        except BaseException:
            executor.close()
            raise

    def skips(self, attack: Attack) -> str:
        """Why an attack isn't run here; "" if it is."""
        if attack.machine not in ("", platform.machine()):
            return f"made for {attack.machine}"
        return attack.skip.get(self.like or self.name, "")

    def is_slow(self, attack: Attack) -> bool:
        """Whether it takes seconds, or only waits for the limit, which is the same everywhere."""
        return attack.slow or (attack.hangs and self.name != "auto")

    def may_leak(self, attack: Attack) -> bool:
        """Whether the idea is known to work here."""
        return attack.expect.get(self.like or self.name) == "leak"

    def problems(self, attack: Attack, verdict: Verdict) -> list[str]:
        """What a verdict shows that must not be."""
        found = [f"damage: {fault}" for fault in verdict.faults]
        if not self.may_leak(attack):
            found += [f"escape: {escape}" for escape in verdict.escapes]
        # A session ends with the first thing that is wrong, a batch goes on.
        allowed = attack.statuses | ({"crash", "timeout"} if self.sessions else set())
        if not allowed.issuperset(verdict.statuses):
            found.append(f"calls ended with {verdict.statuses}, expected {sorted(allowed)}")
        return found


class _Configured(LocalExecutor):
    """An executor from a `Spec`, which can leave layers out that users can't."""

    def __init__(self, spec: Spec) -> None:
        self._wanted = spec
        super().__init__(_WORKERS, isolation=spec.mode, require_level=spec.require_level)

    def _start(self) -> None:
        self._spec = self._wanted
        super()._start()


_NO_NAMESPACES = frozenset({"namespaces"})
_FILTER_ONLY = frozenset({"namespaces", "landlock"})

CONFIGURATIONS = {
    each.name: each
    for each in (
        Configuration("auto", "everything that the machine offers", Spec("auto"), 3),
        Configuration(
            "session", "as auto, called step by step", Spec("auto"), sessions=True, like="auto"
        ),
        Configuration(
            "kernel",
            "Landlock and seccomp, as in most containers",
            Spec("auto", 2, without=_NO_NAMESPACES),
        ),
        Configuration("sealed", "as auto, and no file can be opened", Spec("sealed")),
        Configuration("filter", "seccomp alone, sealed", Spec("sealed", 1, without=_FILTER_ONLY)),
        Configuration("bwrap", "as auto, in bubblewrap", Spec("bwrap")),
        Configuration("process", "limits, against accidents", Spec("process", 1), 1),
    )
}
