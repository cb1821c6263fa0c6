"""Agent: who decides what the vehicle does."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, NamedTuple

from langprop.closing import Closing
from langprop.driving.learning.stub import ENTRY_POINT
from langprop.driving.observation import Observation
from langprop.driving.row import Extents, pack, wrapped
from langprop.driving.scene import Level, check_output
from langprop.driving.simulator import Truth
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script

if TYPE_CHECKING:
    from langprop.executors.base import Executor, Session


LIMITS = Limits(time=1.0, failures=10)
"""A policy that takes longer than a second ten times is given up for the rest of the route."""


class Decision(NamedTuple):
    """What an agent wants in a tick.

    Attributes:
        level: Speed level.
        angle: Angle to turn by, clockwise as seen from above [degrees].
        target_speed: Instead of the level's own speed [m/s]; None for that.
        error: How its script failed, if it did, and this is what it fell back on.
        status: Of a script that failed: "exception", "timeout", "bad_output", ...; else "".
    """

    level: Level
    angle: float
    target_speed: float | None = None
    error: str = ""
    status: str = ""


class Agent(Closing, abc.ABC):
    """Who decides what the vehicle does, tick by tick.

    Attributes:
        name: For tables.
    """

    name: str = ""

    @abc.abstractmethod
    def act(self, observation: Observation, truth: Truth) -> Decision:
        """Decide.

        Args:
            observation: What there is to see.
            truth: What only an expert may look at.
        """

    def reset(self) -> None:
        """Begin a route: what was remembered of the one before is forgotten."""

    def close(self) -> None:
        """Let go of everything. Closing twice is harmless."""


class ScriptAgent(Agent):
    """A script that drives, isolated from this process.

    In each tick its function is called with the scene. Module-level variables live for one route.
    Where a call fails, or its answer is no decision, the last good decision holds on; before the
    first one the vehicle stops.

    Args:
        script: The script, or its source.
        executor: Where it runs.
        name: For tables; where the script comes from, if it isn't given.
        extents: Sizes in scenes, see `scene`.
        stop_memory: Whether a stop sign is gone once the vehicle has stopped for it.
        limits: Of a call. The route's count of failures starts at 0 with each route.

    Raises:
        ValueError: There is no such mode of extents.
    """

    def __init__(
        self,
        script: Script | str,
        executor: Executor,
        *,
        name: str = "",
        extents: Extents = "full",
        stop_memory: bool = True,
        limits: Limits = LIMITS,
    ) -> None:
        if extents not in ("full", "half"):
            raise ValueError(f'extents must be "full" or "half", but got {extents!r}.')
        if isinstance(script, str):
            script = Script(script, ENTRY_POINT)
        self.name = name or script.origin or "script"
        self._script = wrapped(script)
        self._executor = executor
        self._extents: Extents = extents
        self._stop_memory = stop_memory
        self._limits = limits
        self._session: Session | None = None
        self._last = Decision("STOP", 0.0)

    def reset(self) -> None:
        """Begin a route, with a new process: it knows nothing of the route before."""
        self.close()
        self._last = Decision("STOP", 0.0)

    def act(self, observation: Observation, truth: Truth) -> Decision:
        """Ask the script.

        Raises:
            SandboxError: The sandbox itself failed.
        """
        del truth
        if self._session is None:
            self._session = self._executor.open(self._script, self._limits)
        row = pack(observation, extents=self._extents, stop_memory=self._stop_memory)
        outcome = self._session.call(*row)
        status, problem = outcome.status, outcome.exception
        if status == "ok":
            try:
                self._last = Decision(*check_output(outcome.output))
                return self._last
            except ValueError as error:
                status, problem = "bad_output", f"ValueError: {error}"
        return self._last._replace(error=problem or status, status=status)

    def close(self) -> None:
        """End the script's process."""
        session, self._session = self._session, None
        if session is not None:
            session.close()
