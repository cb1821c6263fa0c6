"""Executor: where evaluations run."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from langprop.executors.crew import Crew

from langprop.closing import Closing
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.isolation import IN_PROCESS, Isolation
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import Outcome
from langprop.scripts.script import Script


class SessionCall(NamedTuple):
    """One call of a script that is kept alive.

    Attributes:
        episode: Calls of one episode share the script's module-level state; another episode has its
            own copy.
        args: Positional arguments, plain data.
        kwargs: Keyword arguments, plain data.
    """

    episode: int
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Session(Closing, abc.ABC):
    """One script kept alive for step-by-step use: environments, driving, trained functions."""

    _begun: Sequence[SessionCall] = ()

    @abc.abstractmethod
    def call_many(self, calls: Sequence[SessionCall]) -> list[Outcome]:
        """Make all calls in one round trip; outcomes are in the order of the calls."""

    def begin(self, calls: Sequence[SessionCall]) -> None:
        """Have calls made while this process does something else; `finish` gives the outcomes.

        A backend that can't do both makes them in `finish`, which is the default.
        """
        self._begun = calls

    def finish(self, *, wait: bool = True) -> Sequence[Outcome] | None:
        """The outcomes of the calls that were begun, in order; None if they aren't there yet.

        Args:
            wait: Whether to wait for them.
        """
        del wait
        return self.call_many(self._begun)

    def fileno(self) -> int:
        """Descriptor that can be read from when `finish` may have something to give; -1 if none."""
        return -1

    def call(self, *args: Any, **kwargs: Any) -> Outcome:
        """Make one call, in episode 0."""
        return self.call_many([SessionCall(0, args, kwargs)])[0]

    def end_episode(self, episode: int) -> None:
        """Forget the state of an episode."""

    @abc.abstractmethod
    def close(self) -> None:
        """End the script's process. Closing twice is harmless."""


class Executor(Closing, abc.ABC):
    """Where scripts run. A backend gives two ways to run one: on a batch, and step by step."""

    @abc.abstractmethod
    def submit(self, script: Script, inputs: Inputs, limits: Limits) -> Future[list[Outcome]]:
        """Run a script on every input, isolated from other scripts and from this process.

        Returns at once. The outcomes are in the order of the inputs; a failing script is an
        outcome, never an exception. The same `Inputs` object given again is not sent again.

        Raises (from the future):
            SandboxError: The sandbox itself failed.
        """

    @abc.abstractmethod
    def open(self, script: Script, limits: Limits) -> Session:
        """Keep a script alive for step-by-step use."""

    @property
    def isolation(self) -> Isolation:
        """How well scripts are kept in. "Not at all", unless a backend knows better.

        Raises:
            IsolationError: It is less than what the backend was told to require.
        """
        return IN_PROCESS

    @property
    def crew(self) -> Crew | None:
        """Trusted processes that share rollouts with this one; None if the backend has none."""
        return None

    @abc.abstractmethod
    def close(self) -> None:
        """End all processes. Closing twice is harmless; futures that are not done are cancelled."""
