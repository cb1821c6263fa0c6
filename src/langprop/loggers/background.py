"""BackgroundLogger: a logger that never holds up the run."""

from __future__ import annotations

import abc
import importlib
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from langprop.errors import ConfigError, MissingDependency
from langprop.loggers.base import Logger
from langprop.loggers.figures import numbers, plain, texts
from langprop.loggers.outbox import Outbox
from langprop.prompts.fence import sendable

TABLE_INTERVAL = 60.0  # [s] between two versions of a table; the last one is always written


class BackgroundLogger(Logger):
    """Base of loggers that write to another program, in a thread of their own.

    Subclasses define the methods whose names begin with `write_`, `begin` and `finish`. These are
    called in that thread, one after the other, with plain values only.

    Args:
        patience: How long `close` waits for what is left to be written [s].

    Raises:
        ConfigError: `patience` is no positive number.
    """

    def __init__(self, *, patience: float = 30.0) -> None:
        try:
            positive = patience > 0
        except TypeError:
            positive = False
        if not positive:
            raise ConfigError(
                f"patience must be a positive number of seconds, but got {patience!r}."
            )
        self.patience = patience
        self._run: tuple[str, dict[str, Any], Path | None] = ("langprop", {}, None)
        self._outbox: Outbox | None = None
        self._known = False  # whether the other program knows this run
        self._given_up = False
        self._script = ""
        self._tables: dict[str, tuple[list[dict[str, Any]], int]] = {}  # not yet written
        self._written: dict[str, tuple[float, list[dict[str, Any]]]] = {}  # when, and what

    # What subclasses define

    @abc.abstractmethod
    def begin(
        self, name: str, config: dict[str, Any], run_dir: Path | None, *, resume: bool
    ) -> None:
        """Open the run; as `start`."""

    @abc.abstractmethod
    def write_figures(self, figures: dict[str, float], texts: dict[str, str], step: int) -> None:
        """Write the figures of a step."""

    @abc.abstractmethod
    def write_script(self, source: str, step: int, about: dict[str, Any]) -> None:
        """Write a script."""

    @abc.abstractmethod
    def write_table(self, name: str, rows: list[dict[str, Any]], step: int) -> None:
        """Write a table."""

    @abc.abstractmethod
    def finish(self) -> None:
        """Close what `begin` opened; called once for each time that it went well."""

    # What the trainer calls

    def start(
        self,
        name: str,
        config: Mapping[str, Any],
        run_dir: Path | None = None,
        *,
        resume: bool = False,
    ) -> None:
        """Begin a run, or go on with one.

        Raises:
            Exception: Something was not to be written before.
        """
        self.close()
        self._run = (name, plain(config), Path(run_dir) if run_dir is not None else None)
        self._known, self._given_up = resume, False
        self._script, self._written = "", {}
        self._open()

    def log(self, metrics: Mapping[str, Any], step: int) -> None:
        """Write the figures of a step.

        Raises:
            Exception: An earlier entry was not to be written.
        """
        self._put(partial(self.write_figures, numbers(metrics), texts(metrics), step))

    def log_script(self, source: str, step: int, about: Mapping[str, Any] | None = None) -> None:
        """Write the best script, unless it is the one that was written last.

        Raises:
            Exception: An earlier entry was not to be written.
        """
        if source != self._script:
            self._script = source
            about = {name: value for name, value in plain(about or {}).items() if value is not None}
            self._put(partial(self.write_script, sendable(source), step, about))

    def log_table(self, name: str, rows: Sequence[Mapping[str, Any]], step: int) -> None:
        """Write a table if it has changed, at the most once a minute and when the logger is closed.

        Raises:
            Exception: An earlier entry was not to be written.
        """
        self._tables[name] = ([plain(row) for row in rows], step)
        self._write_tables(TABLE_INTERVAL)

    def close(self) -> None:
        """Write what is left, and wait for it a while.

        Raises:
            Exception: Something was not to be written.
            TimeoutError: It took longer than `patience`.
        """
        if self._outbox is None:
            return
        outbox, failure = self._outbox, None
        try:
            self._write_tables(0.0)
        except Exception as error:  # of an earlier entry; what is left is written all the same
            failure = error
        self._outbox = None
        try:
            outbox.close(self.patience, last=self.finish)
        except TimeoutError:
            self._given_up = True
            raise
        if failure is not None:
            raise failure

    # How

    def _put(self, job: partial[None]) -> None:
        if self._given_up:  # `close` has said so
            return
        (self._outbox or self._open()).put(job)

    def _open(self) -> Outbox:
        self._outbox = Outbox(type(self).__name__)
        self._outbox.put(partial(self._begin, self._known), vital=True)
        return self._outbox

    def _begin(self, resume: bool) -> None:
        self.begin(*self._run, resume=resume)
        self._known = True

    def _write_tables(self, interval: float) -> None:
        now = time.monotonic()
        for name, (rows, step) in list(self._tables.items()):
            when, last = self._written.get(name, (-float("inf"), None))
            if rows == last:
                del self._tables[name]
            elif now - when >= interval:
                del self._tables[name]
                self._written[name] = (now, rows)
                self._put(partial(self.write_table, name, rows, step))


def require(package: str, what: str, extra: str) -> Any:
    """Import a package that an extra brings.

    Raises:
        MissingDependency: It isn't installed.
    """
    try:
        module = importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name is not None and package.partition(".")[0] != error.name.partition(".")[0]:
            raise  # a package of that package's; the message names it
        raise MissingDependency(what, extra) from error
    if getattr(module, "__file__", None) is None:  # a folder of that name, such as ./wandb
        raise MissingDependency(what, extra)
    return module
