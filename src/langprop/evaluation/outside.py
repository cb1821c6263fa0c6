"""Outside: helpers that take scripts of one batch."""

from __future__ import annotations

import hashlib
import itertools
import pickle
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from langprop.evaluation.batch import Batch
from langprop.evaluation.messages import Begin, Done, Leave, Left, Raised, Take, Unable, Warned
from langprop.executors.crew import Crew
from langprop.executors.helper import Helper
from langprop.executors.pickles import Gone, portable
from langprop.modules.module import Module
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script

_jobs = itertools.count(1)


@dataclass(frozen=True)
class Lost:
    """Scripts that a helper had and will say nothing of.

    Attributes:
        scripts: By number.
        why: How it ended; "" if it is well, but can't make the module.
    """

    scripts: Mapping[int, Script]
    why: str = ""


class Outside:
    """Helpers that take scripts of one batch.

    Args:
        crew: They; claimed by this thread.
        module: Whose `forward` they run, on a replica of it.
        batch: The samples.
        limits: What each script may use.
        n_cores: How many slow scripts compute their answers side by side, here and there.

    Attributes:
        load: Of each helper that takes part, the scripts that it has, by number.
        warned: What they warned of, by number of the script.
    """

    def __init__(
        self, crew: Crew, module: Module, batch: Batch, limits: Limits, n_cores: int
    ) -> None:
        self.load: dict[Helper, dict[int, Script]] = {}
        self.warned: dict[int, list[Warned]] = {}
        crew.why_not = ""
        self._crew = crew
        self._module = module
        self._batch = batch
        self._limits = limits
        self._n_cores = n_cores
        self._job = next(_jobs)
        self._begin: bytes | None = None
        self._key = b""
        self._able = True

    def look(self, spent: float, n_more: int) -> None:
        """See who can take part, and have helpers started if they would pay.

        Args:
            spent: For how long this batch has been on its way [s].
            n_more: Helpers that would have something to do.
        """
        if not (self._able and n_more > 0 and self._crew.is_worth_it(spent)):
            return
        if self._begin is None:
            self._prepare()
        if self._begin is None:
            return
        self._crew.ask(n_more)
        for helper in self._crew.helpers:
            if helper not in self.load and not helper.busy and len(self.load) < n_more:
                helper.send(self._begin)
                self.load[helper] = {}

    def give(self, helper: Helper, number: int, script: Script) -> None:
        """Have a script run there."""
        self.load[helper][number] = script
        helper.send(pickle.dumps(Take(self._job, number, script)))

    def hear(self, seconds: float = 0.0) -> list[Done | Raised | Lost]:
        """What has become of scripts.

        Args:
            seconds: How long to wait for something, about.
        """
        found: list[Done | Raised | Lost] = []
        for helper, said in self._crew.hear(seconds):
            if isinstance(said, Left):
                helper.busy = False
            has = self.load.get(helper)
            if isinstance(said, Gone):
                self.load.pop(helper, None)
                if has:
                    found.append(Lost(has, said.how))
            elif has is None or said.job != self._job:  # of a batch that is over
                continue
            elif isinstance(said, Unable):
                self._give_up(said.why)
                found.append(Lost(has))
                self.load[helper] = {}
            elif isinstance(said, (Done, Raised)) and has.pop(said.number, None) is not None:
                found.append(said)
                if isinstance(said, Done):
                    self.warned[said.number] = list(said.warned)
                else:  # it may do well here, as it can't be told what is wrong there
                    self._give_up(said.why)
        return found

    @property
    def willing(self) -> list[Helper]:
        """Those that may be given scripts."""
        return list(self.load) if self._able else []

    @property
    def waits(self) -> bool:
        """Whether some helper may still come or has something to do."""
        return any(self.load.values()) or (self._able and self._crew.expected)

    def leave(self) -> None:
        """The batch is over, or given up."""
        goodbye = pickle.dumps(Leave(self._job))
        for helper, has in self.load.items():
            helper.busy = bool(has)
            helper.send(goodbye)
        self.load = {}

    def warn(self) -> None:
        """Give the warnings, in the order of the scripts."""
        for number in sorted(self.warned):
            for each in self.warned[number]:
                if each.kind:
                    self._module.warn_once(each.kind, each.text)
                else:
                    each.show(self._crew.registry)

    def _give_up(self, why: str) -> None:
        self._able = False
        self._crew.refused.add(self._key)
        self._crew.why_not = why

    def _prepare(self) -> None:
        try:
            replica = self._module.replica()
            recipe = b"" if replica is None else portable(replica)
            calls = portable([*self._batch.inputs])
            folder = str(Path.cwd())
        except Exception as error:  # lambdas, what `__main__` defines, and many more
            self._crew.why_not = f"{type(error).__name__}: {error}"
            recipe = b""
        if recipe:
            self._key = hashlib.sha256(recipe).digest()
        if not recipe or self._key in self._crew.refused:
            self._able = False
            return
        try:
            filters = portable(list(warnings.filters))
        except Exception:
            filters = b""
        n_slow = max(1, self._n_cores // (self._crew.size + 1))
        begin = Begin(
            self._job,
            recipe,
            self._key,
            calls,
            self._limits,
            n_slow,
            frozenset(self._module.warned),
            filters,
            folder,
        )
        self._begin = pickle.dumps(begin)
