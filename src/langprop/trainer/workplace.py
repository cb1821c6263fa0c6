"""Workplace: where scripts run and where they are read, made on first use."""

from __future__ import annotations

from langprop.executors.base import Executor
from langprop.optim.optimizer import Optimizer
from langprop.optim.workshop import Workshop
from langprop.registry import names, resolve
from langprop.sandbox.isolation import IN_PROCESS, Isolation, Mode
from langprop.trainer.resolve import executor_name


class Workplace:
    """Where scripts run and where they are read, made on first use.

    Args:
        optimizer: Gets the workshop, too.
        executor: An executor, or the name of one; None for "local".
        isolation: What an executor made here asks of the system.
        workers: Scripts that run side by side in an executor made here; None for one per core.

    Attributes:
        isolation: How well scripts are kept in; known from `isolate` on.

    Raises:
        UnknownName: There is no such executor.
        ConfigError: There is no such isolation, or it doesn't go with the executor.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        executor: Executor | str | None,
        isolation: Mode,
        workers: int | None,
    ) -> None:
        if isinstance(executor, str) and executor not in names("executor"):
            executor = resolve("executor", executor)  # a wrong name is told before training
        self.isolation: Isolation = IN_PROCESS
        self._optimizer = optimizer
        self._given = executor if isinstance(executor, Executor) else None
        self._name = executor_name(executor, isolation)
        self._settings = {"workers": workers, "isolation": isolation}
        self._made: Executor | None = None
        self._workshop: Workshop | None = None

    @property
    def executor(self) -> Executor:
        """Where scripts run."""
        if self._given is not None:
            return self._given
        if self._made is None:
            settings = self._settings if self._name == "local" else {}
            self._made = resolve("executor", self._name, **settings)
        return self._made

    @property
    def workshop(self) -> Workshop:
        """Where what a model wrote is read: nothing here may parse it."""
        if self._workshop is None:
            self._workshop = self._optimizer.workshop = Workshop(self.executor)
        return self._workshop

    def isolate(self) -> None:
        """Find out how well scripts are kept in, before anything is written or paid.

        Raises:
            IsolationError: Not well enough.
        """
        try:
            self.isolation = self.executor.isolation
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the workshop, and the executor if it was made here. Closing twice is harmless."""
        if self._workshop is not None:
            self._workshop.close()
            self._workshop = self._optimizer.workshop = None
        if self._made is not None:
            self._made.close()
            self._made = None
