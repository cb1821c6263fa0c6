"""Spread: the scripts of a batch, spread over this process and its helpers."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence

from langprop.errors import SandboxError
from langprop.evaluation.batch import Batch
from langprop.evaluation.judge import Judge, Result
from langprop.evaluation.messages import Done, Raised
from langprop.evaluation.outside import Lost, Outside
from langprop.evaluation.roller import Roller
from langprop.evaluation.watch import INTERVAL, Watch
from langprop.executors.base import Executor
from langprop.executors.helper import Helper
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script

MAX_CANDIDATES = 8
"""Scripts that are kept alive side by side where this process is alone: enough for all cores to be
busy, while each may use as much memory as its limit says."""

_BESIDE_HELPERS = 4
"""As many in each process where there are several: the more there are, the more is done before a
core goes from a process to another one."""

_LOOK = 1e-3  # [s] between looks at what helpers say
_PAUSE = 0.02  # [s] likewise, where there are none, or nothing else is to be done


class Spread:
    """The scripts of a batch, spread over this process and its helpers.

    What comes out depends neither on who runs a script nor on what runs beside it: each sample has
    a namespace, and random numbers, of its own. What raises in a helper is run again here, where
    it raises as it would have. A script whose helper dies is run again by another one, alone.

    Args:
        judge: Checks answers.
        batch: The samples.
        scripts: The scripts.
        executor: Where they run.
        limits: What each may use.
        watch: Called with the number of samples whenever a script is done, and with 0 meanwhile.
        outside: Helpers, if there may be any.
    """

    def __init__(
        self,
        judge: Judge,
        batch: Batch,
        scripts: Sequence[Script],
        executor: Executor,
        limits: Limits,
        *,
        watch: Callable[[int], None],
        outside: Outside | None = None,
    ) -> None:
        self._n_samples = len(batch)
        self._n_scripts = len(scripts)
        self._watch = Watch(watch)
        self._outside = outside
        self._width = MAX_CANDIDATES if judge.module.side_by_side is None else 1
        self._n_cores = getattr(executor, "workers", 1)
        self._roller = Roller(judge, batch, executor, limits, n_slow=self._n_cores)
        self._coming = deque(enumerate(scripts))
        self._here: deque[tuple[int, Script]] = deque()  # to be run in this process
        self._alone: deque[tuple[int, Script]] = deque()  # their helpers died
        self._deaths: Counter[int] = Counter()
        self._scripts = scripts
        self._results: dict[int, list[Result]] = {}  # that nobody has taken yet
        self._n_done = 0
        self._start = time.perf_counter()

    @property
    def seconds(self) -> float:
        """For how long it has been on its way; what is done with results isn't a part of it [s]."""
        return time.perf_counter() - self._start

    def run(self) -> Iterator[list[Result]]:
        """Run all of them.

        Yields:
            Results of each script, in order, as soon as they are known: meanwhile others go on.
        """
        try:
            next_look, place = self._start, 0
            while self._n_done < self._n_scripts:
                room = not self._roller
                if self._outside is not None and time.perf_counter() >= next_look:
                    self._look(self._outside, 0.0)
                    next_look = time.perf_counter() + _LOOK
                    room = True
                if room:
                    self._hand_out()
                if self._roller:
                    self._roller.turn(self._patience)
                elif self._outside is not None and not self._roller.finished:
                    self._look(self._outside, _PAUSE)
                self._watch.look()
                while self._roller.finished:
                    self._done(*self._roller.finished.pop())
                    self._hand_out()
                while place in self._results:
                    left = time.perf_counter()
                    yield self._results.pop(place)
                    place += 1
                    self._start += time.perf_counter() - left
        finally:
            try:
                self._roller.close()
            finally:
                if self._outside is not None:
                    self._outside.leave()

    @property
    def _patience(self) -> float:
        """How long to wait for a script of this process [s]."""
        if self._outside is None:
            return INTERVAL
        return _LOOK if self._outside.load else _PAUSE

    def _look(self, outside: Outside, seconds: float) -> None:
        """See what helpers say, and who there is.

        Args:
            outside: They.
            seconds: How long to wait for one to say something, about.
        """
        for said in outside.hear(seconds):
            if isinstance(said, Done):
                self._done(said.number, said.results)
            elif isinstance(said, Raised):
                self._here.append((said.number, self._scripts[said.number]))
            else:
                self._take_back(said)
        n_open = self._n_scripts - self._n_done
        outside.look(self.seconds, max(n_open - 1, len(self._alone)))
        if outside.load:
            self._roller.share(max(1, self._n_cores // (len(outside.load) + 1)))

    def _take_back(self, lost: Lost) -> None:
        """Scripts of a helper that is gone, or can't run them."""
        scripts = sorted(lost.scripts.items())
        if not lost.why:
            self._coming.extendleft(reversed(scripts))
            return
        for number, script in scripts:
            self._deaths[number] += 1
            if self._deaths[number] > 1:
                raise SandboxError(
                    f"the process that runs the environments of script {script.id} {lost.why}, "
                    "and so did another one that ran them again: an environment ends its process, "
                    "or the machine has too little memory. LocalExecutor(rollout_workers=1) runs "
                    "them in this process."
                )
            self._alone.append((number, script))

    def _done(self, number: int, results: list[Result]) -> None:
        self._results[number] = results
        self._n_done += 1
        self._watch.judged(self._n_samples)

    def _hand_out(self) -> None:
        """Give out scripts as far as there is room, first to whoever has least."""
        helpers = self._outside.willing if self._outside is not None else []
        if self._alone:
            self._isolate(helpers)
        while self._here:
            self._roller.add(*self._here.popleft())
        if not self._coming:
            return
        width = _BESIDE_HELPERS if helpers else self._width
        load = {each: len(self._load(each)) for each in helpers if not self._is_alone(each)}
        while self._coming:
            helper = min(load, key=lambda each: load[each], default=None)
            own = len(self._roller)
            if helper is not None and load[helper] <= min(own, width - 1):
                self._give(helper, *self._coming.popleft())
                load[helper] += 1
            elif own < width:
                self._roller.add(*self._coming.popleft())
                self._watch.look()  # to reset many environments takes long
            else:
                return

    def _isolate(self, helpers: Sequence[Helper]) -> None:
        """Run one whose helper died, with nothing beside it; here, if there are no helpers left."""
        for helper in helpers:
            if self._alone and not self._load(helper):
                self._give(helper, *self._alone.popleft())
        if self._outside is None or not self._outside.waits:
            self._here.extend(self._alone)
            self._alone.clear()

    def _is_alone(self, helper: Helper) -> bool:
        """Whether a helper runs one that may end it, or is waited for to do so."""
        return bool(self._alone) or any(number in self._deaths for number in self._load(helper))

    def _load(self, helper: Helper) -> Sequence[int]:
        return list(self._outside.load[helper]) if self._outside is not None else []

    def _give(self, helper: Helper, number: int, script: Script) -> None:
        if self._outside is not None:
            self._outside.give(helper, number, script)
