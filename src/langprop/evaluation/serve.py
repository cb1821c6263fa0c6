"""serve(): what a helper does of rollouts."""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
import warnings
from collections import OrderedDict
from typing import Any

from langprop.evaluation.batch import Batch
from langprop.evaluation.judge import Judge
from langprop.evaluation.messages import Begin, Done, Leave, Left, Raised, Take, Unable, Warned
from langprop.evaluation.roller import Roller
from langprop.executors.base import Executor
from langprop.executors.helper_process import Line
from langprop.modules.module import Module
from langprop.sandbox.inputs import Inputs

_KEPT_MODULES = 8


def serve(line: Line, executor: Executor) -> None:
    """Run scripts of batches until the other side has gone.

    Args:
        line: To it.
        executor: Where scripts run.

    Raises:
        EOFError: It has gone.
    """
    for stream in (sys.stdout, sys.stderr):  # what an environment prints is to be seen at once
        with contextlib.suppress(AttributeError):
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    post = _Post(line, executor)
    warnings.showwarning = post.hear_warning  # type: ignore[assignment] # the rest isn't named
    while True:
        message = line.take(wait=not post.busy)
        if message is not None:
            post.obey(pickle.loads(message))  # noqa: S301 - of the process that trains
        elif post.busy:
            post.turn()


class _Post:
    """A helper's place in a batch."""

    def __init__(self, line: Line, executor: Executor) -> None:
        self._line = line
        self._executor = executor
        self._modules: OrderedDict[bytes, Module] = OrderedDict()
        self._roller: Roller | None = None
        self._job = 0
        self._warned: list[Warned] = []

    @property
    def busy(self) -> bool:
        """Whether something is on its way."""
        return bool(self._roller)

    def obey(self, message: Any) -> None:
        """Do what a message says."""
        if isinstance(message, Begin):
            self._begin(message)
        elif isinstance(message, Take) and self._roller is not None:
            self._take(message)
        elif isinstance(message, Leave):
            self._leave()
            self._line.say(Left(message.job))

    def turn(self) -> None:
        """Take a script further."""
        roller = self._roller
        if roller is None:
            return
        try:
            roller.turn()
        except BaseException as error:
            self._tell_of(error, roller)
        self._hand_in(roller)

    def hear_warning(
        self, message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any
    ) -> None:
        """Stands for `warnings.showwarning`: the other side shows it."""
        self._warned.append(Warned("", str(message), category, filename, lineno))

    def _begin(self, begin: Begin) -> None:
        self._leave()
        self._job = begin.job
        try:
            os.chdir(begin.folder)
            module = self._module(begin)
            if begin.filters:
                _set_filters(pickle.loads(begin.filters))  # noqa: S301 - of the process that trains
            calls = pickle.loads(begin.calls)  # noqa: S301 - likewise
            batch = Batch(range(len(calls)), Inputs(calls), ())
            module.warned = set(begin.warned)
            self._roller = Roller(Judge(module), batch, self._executor, begin.limits, n_slow=1)
            self._roller.share(begin.n_slow)
        except BaseException as error:
            self._line.say(Unable(begin.job, f"{type(error).__name__}: {error}"))

    def _module(self, begin: Begin) -> Module:
        known = self._modules.get(begin.key)
        if known is None:
            with warnings.catch_warnings():  # given already, where it was made first
                warnings.simplefilter("ignore")
                known = pickle.loads(begin.recipe)()  # noqa: S301 - of the process that trains
            known.warn_once = self._warn_once_of(known)
            self._modules[begin.key] = known
            if len(self._modules) > _KEPT_MODULES:
                self._modules.popitem(last=False)
        self._modules.move_to_end(begin.key)
        return known

    def _warn_once_of(self, module: Module) -> Any:
        def warn_once(kind: str, text: str, stacklevel: int = 2) -> None:
            del stacklevel
            if kind not in module.warned:
                module.warned.add(kind)
                self._warned.append(Warned(kind, text))

        return warn_once

    def _take(self, take: Take) -> None:
        roller = self._roller
        if roller is None:
            return
        try:
            roller.add(take.number, take.script)
        except BaseException as error:
            self._tell_of(error, roller)
        self._hand_in(roller)

    def _hand_in(self, roller: Roller) -> None:
        while roller.finished:
            number, results = roller.finished.pop(0)
            warned, self._warned = self._warned, []
            try:
                self._line.say(Done(self._job, number, results, warned))
            except EOFError:
                raise
            except Exception as error:  # it can't be pickled
                self._line.say(Raised(self._job, number, f"{type(error).__name__}: {error}"))

    def _tell_of(self, error: BaseException, roller: Roller) -> None:
        """Whoever trains runs the script again, where it raises as it should."""
        numbers = [roller.at] if roller.at >= 0 else roller.numbers
        roller.at = -1
        for number in numbers:
            with contextlib.suppress(Exception):
                roller.drop(number)
            self._line.say(Raised(self._job, number, f"{type(error).__name__}: {error}"))

    def _leave(self) -> None:
        roller, self._roller = self._roller, None
        self._warned.clear()
        if roller is not None:
            with contextlib.suppress(Exception):
                roller.close()


def _set_filters(filters: list[Any]) -> None:
    warnings.resetwarnings()
    warnings.filters[:] = filters  # type: ignore[index]
