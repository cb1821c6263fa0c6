"""Chauffeur: drives route after route, and gets over simulators that die."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langprop.driving.frames.collect import outcome
from langprop.driving.frames.frame import Frame
from langprop.driving.frames.recording import Moment, RecordedDrive
from langprop.driving.learning.decisions import DecisionLog
from langprop.driving.learning.journal import Journal
from langprop.driving.learning.rounds import Rounds
from langprop.errors import SimulatorError

if TYPE_CHECKING:
    from langprop.driving.agents.agent import Agent
    from langprop.driving.simulator import Simulator
    from langprop.driving.task import RouteTask

FIGURES = ("driving", "at_fault", "completion")
"""Means over the last drives, in the metrics: "drive/driving", ..."""

_EXAMPLE = 20  # frames of which one is the example


class Chauffeur:
    """Drives route after route, and gets over simulators that die.

    Args:
        tasks: The routes.
        simulator: Where they are driven; None for SUMO in a process of its own.
        every: Ticks between frames.
        lookahead: Frames before an infraction that are marked with it.
        first_seed: Seed of the traffic in the first epoch; the next one has the next.
        shuffle: Whether the routes of an epoch are driven in random order.
        seed: Of the order.

    Attributes:
        rounds: Which route is driven now.
        drive: The drive that is under way; None between two routes.
    """

    def __init__(
        self,
        tasks: Sequence[RouteTask],
        simulator: Simulator | None = None,
        *,
        every: int = 10,
        lookahead: int = 4,
        first_seed: int = 0,
        shuffle: bool = True,
        seed: int = 0,
    ) -> None:
        self.rounds = Rounds(tasks, first_seed=first_seed, shuffle=shuffle, seed=seed)
        self.drive: RecordedDrive | None = None
        self._given = simulator
        self._made: Simulator | None = None
        self._settings: dict[str, Any] = {"every": every, "lookahead": lookahead}
        self._first_seed = first_seed
        self._journal: Journal | None = None
        self._log: DecisionLog | None = None  # of the drive that is to be gone on with
        self._died: list[int] = []  # ticks at which the simulator died, in this drive
        self._recent: list[dict[str, Any]] = []  # figures of the last drives, as many as an epoch

    def open(self, folder: Path) -> None:
        """Begin to keep a journal; drives after the state that was restored are forgotten.

        Raises:
            CheckpointError: It can't be written.
        """
        self.drive = None
        self._journal = Journal(folder)
        self._journal.truncate(self.rounds.finished)

    def begin(self, epoch: int) -> None:
        """Begin an epoch, or go on with it: then with the drive that was under way, too."""
        if self.rounds.begin(epoch):
            # An epoch may end before its routes do (`limit_batches`).
            self._log, self._died, self.drive = None, [], None

    def depart(self) -> bool:
        """Begin the route that is next, or go on with it where it was.

        Returns:
            Whether there is a drive; if not, its simulator died, and once more.

        Raises:
            SimulatorError: No route could be driven so far.
            TownError: The town or the route doesn't exist.
        """
        task, seed = self.rounds.route
        log, self._log = self._log, None  # it is of this drive only
        self.drive = self._drive(task, seed, log)
        return self.drive is not None

    def tick(self, driver: Agent) -> Moment | None:
        """Let a driver decide once; None if the simulator died, then `drive` says how it goes on.

        Raises:
            SimulatorError: No route could be driven so far.
        """
        drive = self.drive
        assert drive is not None  # noqa: S101 - for mypy: depart was called
        try:
            return drive.tick(driver)
        except SimulatorError as error:
            if drive.ticks in self._died:  # where it died before
                self._give_up(drive.task, drive.seed, error)
                self.drive = None
            else:
                self._died.append(drive.ticks)
                self.drive = self._drive(drive.task, drive.seed, drive.log)
            return None

    def arrive(self) -> dict[str, float]:
        """The route has ended.

        Returns:
            Figures of the last drives.
        """
        drive, self.drive = self.drive, None
        assert drive is not None  # noqa: S101 - for mypy: depart was called
        about = outcome(drive)
        if self._journal is not None:
            self._journal.add({"task": drive.task.name, "seed": drive.seed, **about})
        counts = {"agreed": drive.agreed, "frames": drive.frames}
        self._recent.append({**{name: about[name] for name in FIGURES}, **counts})
        self._recent = self._recent[-len(self.rounds.tasks) :]
        self._next()
        figures = {"drive/routes": float(self.rounds.finished)}
        for name in FIGURES:
            values = [each[name] for each in self._recent if each[name] is not None]
            if values:
                figures[f"drive/{name}"] = sum(values) / len(values)
        frames = sum(each.get("frames", 0) for each in self._recent)
        if frames:  # a share of all frames: a drive that lasts counts for more
            agreed = sum(each.get("agreed", 0) for each in self._recent)
            figures["drive/agreement"] = agreed / frames
        return figures

    def example(self) -> Frame:
        """A frame that shows what frames are like: of some, the one with the most actors."""
        from langprop.driving.agents.expert import ExpertAgent

        expert = ExpertAgent()
        task = self.rounds.tasks[0]
        drive = RecordedDrive(
            self._simulator, task, self._first_seed, ExpertAgent(), **self._settings
        )
        frames: list[Frame] = []
        while not drive.done and len(frames) < _EXAMPLE:
            recorded = drive.tick(expert).recorded
            frames += [] if recorded is None else [recorded]
        return max(frames, key=lambda frame: len(frame.observation.actors))

    def close(self) -> None:
        """Let go of a simulator that was made here. Closing twice is harmless."""
        made, self._made = self._made, None
        if made is not None:
            made.close()

    def state_dict(self) -> dict[str, Any]:
        """All that the rest of the drives depends on, as JSON data."""
        return {
            "rounds": self.rounds.state_dict(),
            "log": None if self.drive is None else self.drive.log.state_dict(),
            "recent": [dict(each) for each in self._recent],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a saved state.

        Raises:
            CheckpointError: It is of other routes.
        """
        self.rounds.load_state_dict(state["rounds"])
        self._log = None if state["log"] is None else DecisionLog.from_state_dict(state["log"])
        self._recent = [dict(each) for each in state["recent"]]
        self._died, self.drive = [], None

    def _drive(self, task: RouteTask, seed: int, log: DecisionLog | None) -> RecordedDrive | None:
        from langprop.driving.agents.expert import ExpertAgent

        for attempt in range(2):
            try:
                return RecordedDrive(
                    self._simulator, task, seed, ExpertAgent(), log=log, **self._settings
                )
            except SimulatorError as error:
                if attempt:
                    self._give_up(task, seed, error)
        return None

    def _give_up(self, task: RouteTask, seed: int, error: SimulatorError) -> None:
        """A route can't be driven.

        Raises:
            SimulatorError: No route could be driven so far.
        """
        if not self._recent:
            raise error
        if self._journal is not None:
            self._journal.add({"task": task.name, "seed": seed, "failed": str(error)})
        self._next()

    def _next(self) -> None:
        self.rounds.next()
        self._died = []

    @property
    def _simulator(self) -> Simulator:
        if self._given is not None:
            return self._given
        if self._made is None:
            from langprop.driving.sumo.simulator import SumoSimulator

            self._made = SumoSimulator()
        return self._made
