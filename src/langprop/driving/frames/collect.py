"""collect(): drives routes, and stores what was seen and what the expert would have done."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langprop.driving.agents.drivers import Driver
from langprop.driving.frames.dataset import Frames, FrameWriter
from langprop.driving.frames.frame import Frame
from langprop.driving.task import RouteTask
from langprop.errors import CheckpointError, DataError, SimulatorError
from langprop.trainer.folder_lock import FolderLock

if TYPE_CHECKING:
    from langprop.driving.agents.agent import Agent
    from langprop.driving.simulator import Simulator


@dataclass(frozen=True)
class Ride:
    """A route that was driven, and its frames.

    Attributes:
        task: The route.
        seed: Of the reset.
        frames: What was recorded, marked with the infractions that followed.
        about: How it ended, its scores and its events, as JSON data; of a drive that was made a
            second time also what ended the first one, as `repeated`.
    """

    task: RouteTask
    seed: int
    frames: list[Frame]
    about: dict[str, Any] = field(default_factory=dict)


def ride(
    simulator: Simulator,
    task: RouteTask,
    seed: int,
    driver: Agent,
    expert: Agent,
    *,
    every: int = 10,
    lookahead: int = 4,
) -> Ride:
    """Drive a route to its end and record frames.

    Args:
        simulator: Where.
        task: The route.
        seed: Of the reset.
        driver: Who drives; may be the expert itself.
        expert: Labels the frames.
        every: Ticks between frames.
        lookahead: Frames before an infraction that are marked with it.

    Raises:
        TownError: The town or the route doesn't exist.
        SimulatorError: The simulator can't start, or died.
    """
    from langprop.driving.frames.recording import RecordedDrive

    driver.reset()
    drive = RecordedDrive(simulator, task, seed, expert, every=every, lookahead=lookahead)
    frames: list[Frame] = []
    while not drive.done:
        frames += drive.tick(driver).frames
    return Ride(task, seed, frames, outcome(drive))


def outcome(drive: Any) -> dict[str, Any]:
    """How a recorded drive went so far, as JSON data."""
    criteria = drive.criteria
    events = criteria.events
    return {
        "ended": events[-1].kind if criteria.done else "",
        "ticks": drive.ticks,
        "driving": round(criteria.score("strict").driving, 3),
        "at_fault": round(criteria.score("at_fault").driving, 3),
        "completion": round(criteria.completion, 3),
        "agreement": round(drive.agreed / drive.frames, 4) if drive.frames else None,
        "events": [event.to_dict() for event in events],
    }


@dataclass(frozen=True)
class Collection:
    """What is to be collected.

    Attributes:
        tasks: The routes.
        seeds: Each route is driven with each of them.
        driver: Who drives.
        every: Ticks between frames.
        lookahead: Frames before an infraction that are marked with it.
        simulator: Makes a simulator, in each process that drives: it must be possible to pickle it.
            None for SUMO.
    """

    tasks: Sequence[RouteTask]
    seeds: Sequence[int]
    driver: Driver
    every: int = 10
    lookahead: int = 4
    simulator: Callable[[], Simulator] | None = None

    def work(self, done: Sequence[tuple[str, int]] = ()) -> list[tuple[RouteTask, int]]:
        """Routes and seeds that aren't done yet, in order."""
        known = set(done)
        return [
            (task, seed)
            for seed in self.seeds
            for task in self.tasks
            if (task.name, seed) not in known
        ]


def collect(
    collection: Collection,
    folder: str | Path,
    about: dict[str, Any],
    *,
    resume: bool = False,
    jobs: int = 1,
    on_ride: Callable[[Ride, int, int], None] = lambda *_: None,
) -> Frames:
    """Drive routes, and store the frames; a drive that was stored isn't repeated.

    Args:
        collection: What is to be collected.
        folder: Where to.
        about: How it is collected, as JSON data; kept in the dataset.
        resume: Whether the folder may hold a part of the same collection.
        jobs: Drives side by side, each in a process of its own. The frames are the same with any
            number; the drives are stored in the same order.
        on_ride: Called with each drive, its number and how many there are.

    Raises:
        MissingDependency: libsumo isn't installed.
        ConfigError: The driver's script can't be loaded.
        DataError: The folder holds another dataset, or drives of routes that were other ones then;
            another process writes into it, or it can't be written.
        SimulatorError: The simulator can't start, or died twice on the same route.
        TownError: A town or a route doesn't exist.
    """
    if collection.work():
        _check_needs(collection)
    with _alone(Path(folder)):
        return _collect(collection, folder, about, resume=resume, jobs=jobs, on_ride=on_ride)


def _collect(
    collection: Collection,
    folder: str | Path,
    about: dict[str, Any],
    *,
    resume: bool,
    jobs: int,
    on_ride: Callable[[Ride, int, int], None],
) -> Frames:
    writer = FrameWriter(folder, about, resume=resume)
    _check_routes(collection, writer)
    done = [(drive["task"], int(drive["seed"])) for drive in writer.drives]
    work = collection.work(done)
    total = len(work) + len(done)
    with closing(_rides(collection, work, jobs)) as rides:
        for number, one in enumerate(rides, len(done) + 1):
            marked = sum(bool(frame.infraction) for frame in one.frames)
            drive = {"task": one.task.name, "seed": one.seed, **one.about, "marked": marked}
            writer.append(one.frames, {**drive, "route": one.task.to_dict()})
            on_ride(one, number, total)
    return Frames(folder)


def _check_routes(collection: Collection, writer: FrameWriter) -> None:
    """Find out whether routes that were driven are still what they were.

    A suite that was edited has the same path, and may have the same names in it.
    """
    now = {task.name: json.loads(json.dumps(task.to_dict())) for task in collection.tasks}
    for drive in writer.drives:
        before, after = drive.get("route"), now.get(drive["task"])
        if not isinstance(before, dict) or after is None or before == after:
            continue
        parts = [name for name in {**after, **before} if before.get(name) != after.get(name)]
        raise DataError(
            f"{writer.folder} was collected with another route {drive['task']!r} (other "
            f"{', '.join(parts)}): the suite has changed since. Name another folder, or collect "
            "with the suite as it was then."
        )


def _check_needs(collection: Collection) -> None:
    """Find out what every drive would lack, before anything is written."""
    if collection.simulator is None:
        from langprop.driving.maps.suites import check_routes
        from langprop.driving.sumo import library

        library.require()
        check_routes(collection.tasks)
    if collection.driver.source:
        from langprop.driving.agents.loading import check_scripts
        from langprop.executors.local import LocalExecutor

        with LocalExecutor(workers=1) as executor:
            check_scripts([collection.driver], executor)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other collections out of a folder."""
    with suppress(OSError):  # the writer tells
        folder.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(folder)
    try:
        lock.take()
    except CheckpointError as error:
        raise DataError(
            f"another process writes frames into {folder}: wait for its end, or name another "
            "folder."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _rides(
    collection: Collection, work: Sequence[tuple[RouteTask, int]], jobs: int
) -> Generator[Ride, None, None]:
    """The drives, in the order of the work."""
    if jobs > 1 and len(work) > 1:
        from langprop.driving.frames.crew import side_by_side

        items = [(collection, task, seed) for task, seed in work]
        yield from side_by_side(_ride_apart, items, min(jobs, len(work)))
        return
    with _Cab(collection) as cab:
        for task, seed in work:
            yield cab.ride(task, seed)


class _Cab(ExitStack):
    """A simulator with who drives in it and who labels."""

    def __init__(self, collection: Collection) -> None:
        super().__init__()
        self._collection = collection
        self._made: tuple[Simulator, Agent, Agent] | None = None

    def ride(self, task: RouteTask, seed: int) -> Ride:
        """Drive a route; where the simulator dies, once more."""
        try:
            return self._ride(task, seed)
        except SimulatorError as error:
            again = self._ride(task, seed)  # if it dies again, the route is at fault
            return replace(again, about={**again.about, "repeated": str(error)})

    def _ride(self, task: RouteTask, seed: int) -> Ride:
        from langprop.driving.agents.expert import ExpertAgent
        from langprop.executors.local import LocalExecutor

        collection = self._collection
        if self._made is None:
            simulator = _simulator(collection)
            self.callback(simulator.close)
            expert: Agent = ExpertAgent()
            driver = expert
            if collection.driver.source:
                executor = self.enter_context(LocalExecutor(workers=1))
                driver = self.enter_context(collection.driver.agent(executor))
            self._made = simulator, driver, expert
        simulator, driver, expert = self._made
        return ride(
            simulator,
            task,
            seed,
            driver,
            expert,
            every=collection.every,
            lookahead=collection.lookahead,
        )


def _simulator(collection: Collection) -> Simulator:
    if collection.simulator is not None:
        return collection.simulator()
    from langprop.driving.sumo.simulator import SumoSimulator

    return SumoSimulator()


_cab: _Cab | None = None  # of a process that drives for another one


def _ride_apart(item: tuple[Collection, RouteTask, int]) -> Ride:
    global _cab  # noqa: PLW0603 - a simulator is started once in a process
    collection, task, seed = item
    if _cab is None or _cab._collection != collection:
        if _cab is not None:
            _cab.close()
        _cab = _Cab(collection)
    return _cab.ride(task, seed)
