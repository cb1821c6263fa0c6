"""Evaluation: policies on a suite of routes, side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langprop.driving.agents.drivers import Driver
from langprop.driving.judging.drive import Drive
from langprop.driving.judging.fleet import Equipment, Failure, Fleet, Trip
from langprop.driving.judging.score import MEASURES, RULES, RouteScore, Rule, Summary
from langprop.driving.task import RouteTask
from langprop.errors import ConfigError
from langprop.sandbox.linux import n_cores

if TYPE_CHECKING:
    from langprop.driving.judging.bootstrap import Estimate
    from langprop.driving.simulator import Simulator

OnDrive = Callable[["Drive | Failure", int, int], None]
"""Called with what came of a drive, how many there are by now, and how many there will be."""


@dataclass(frozen=True)
class Evaluation:
    """What came of the drives of some policies on the same routes, under the same traffic.

    Attributes:
        drivers: Names of the policies; the first one is what others are compared with.
        drives: All drives, in the order of drivers, routes and seeds.
        failures: Drives whose simulator died; they count nowhere.
        suite: Name of the suite.
        tasks: Names of the routes.
        seeds: Seeds of the traffic.
    """

    drivers: tuple[str, ...]
    drives: tuple[Drive, ...]
    failures: tuple[Failure, ...]
    suite: str
    tasks: tuple[str, ...]
    seeds: tuple[int, ...]

    @property
    def planned(self) -> int:
        """How many drives there were to be."""
        return len(self.drivers) * len(self.tasks) * len(self.seeds)

    @property
    def complete(self) -> bool:
        """Whether all of them were made, or have failed; not so if it was broken off."""
        return len(self.drives) + len(self.failures) == self.planned

    def of(self, driver: str) -> list[Drive]:
        """The drives of a policy."""
        return [each for each in self.drives if each.agent == driver]

    def scores(self, driver: str, rule: Rule) -> list[RouteScore]:
        """The scores of a policy's drives."""
        return [each.score(rule) for each in self.of(driver)]

    def summary(self, driver: str, rule: Rule) -> Summary | None:
        """How a policy did; None if none of its drives was made."""
        scores = self.scores(driver, rule)
        return Summary.of(scores) if scores else None

    def estimate(self, driver: str, measure: str, rule: Rule) -> Estimate | None:
        """A policy's mean over its drives, with an interval; None if there are none.

        Args:
            driver: The policy.
            measure: "driving", "completion" or "penalty"; "infractions" for their number per
                driven kilometre.
            rule: Which infractions count.
        """
        from langprop.driving.judging.bootstrap import estimate

        drives = self.of(driver)
        if not drives:
            return None
        if measure != "infractions":
            return estimate(_by_route(drives, lambda each: getattr(each.score(rule), measure)))
        found = estimate(
            _by_route(drives, lambda each: sum(each.score(rule).counts.values())),
            _by_route(drives, lambda each: each.score(rule).driven / 1000),
        )
        return found if math.isfinite(found.value) else None

    def difference(self, driver: str, measure: str, rule: Rule) -> Estimate | None:
        """How much better a policy did than the first one, on the drives that both have made.

        Args:
            driver: The policy.
            measure: "driving", "completion" or "penalty".
            rule: Which infractions count.
        """
        from langprop.driving.judging.bootstrap import estimate

        first = {(each.task, each.seed): each for each in self.of(self.drivers[0])}
        pairs = [each for each in self.of(driver) if (each.task, each.seed) in first]
        if not pairs:
            return None

        def gain(each: Drive) -> float:
            other = first[each.task, each.seed]
            mine: float = getattr(each.score(rule), measure)
            theirs: float = getattr(other.score(rule), measure)
            return mine - theirs

        return estimate(_by_route(pairs, gain))

    def to_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "suite": self.suite,
            "tasks": list(self.tasks),
            "seeds": list(self.seeds),
            "complete": self.complete,
            "drivers": {name: self._about(name) for name in self.drivers},
            "drives": [each.to_dict() for each in self.drives],
            "failures": [vars(each) for each in self.failures],
        }

    def _about(self, driver: str) -> dict[str, Any]:
        about: dict[str, Any] = {}
        for rule in RULES:
            summary = self.summary(driver, rule)
            about[rule] = None if summary is None else summary.to_dict()
            if summary is None:
                continue
            for measure in (*MEASURES, "infractions"):
                found = self.estimate(driver, measure, rule)
                about[rule].setdefault("intervals", {})[measure] = _ends(found)
            if driver != self.drivers[0]:
                about[rule]["difference"] = {
                    measure: _ends(self.difference(driver, measure, rule)) for measure in MEASURES
                }
        return about


def evaluate(
    drivers: Sequence[Driver],
    tasks: Sequence[RouteTask],
    seeds: Sequence[int],
    *,
    simulator: Callable[[], Simulator] | None = None,
    jobs: int | None = None,
    suite: str = "",
    agreement: bool = True,
    isolation: str = "auto",
    on_drive: OnDrive | None = None,
) -> Evaluation:
    """Let policies drive routes, in parallel processes.

    The figures don't depend on the number of processes, nor on who else drives.

    Args:
        drivers: Who drives; the others are compared with the first one.
        tasks: The routes.
        seeds: Of the resets: each route is driven under each.
        simulator: Makes a simulator; it is called in each process, so it must be possible to pickle
            it. SUMO, if it isn't given.
        jobs: Number of processes; None for one per core.
        suite: Name of the suite, for the table.
        agreement: Whether the expert is asked every tenth tick what it would do.
        isolation: How scripts are kept in, as for `LocalExecutor`; "none" for not at all.
        on_drive: Called after each drive.

    Raises:
        ConfigError: There is nobody, no route or no seed, or something is there twice; or a
            script can't be loaded.
        SimulatorError: The simulator can't start.
        TownError: A town or a route doesn't exist.
        SandboxError: Scripts can't be isolated here, or the sandbox failed.
    """
    _check([each.name for each in drivers], "drivers")
    _check([each.name for each in tasks], "routes")
    _check(list(seeds), "seeds")
    if simulator is None:
        from langprop.driving.maps.suites import check_routes
        from langprop.driving.sumo.simulator import SumoSimulator

        check_routes(tasks)
        simulator = SumoSimulator  # not SumoSimulation: each drive begins with a SUMO that is new
    # Drives of a route together, so that a process has the town already.
    trips = [Trip(driver, task, seed) for task in tasks for seed in seeds for driver in drivers]
    jobs = min(len(trips), n_cores() if jobs is None else jobs)
    equipment = Equipment(
        simulator, agreement=agreement, isolation=isolation, drivers=tuple(drivers)
    )
    results: list[Drive | Failure] = []
    with closing(Fleet(equipment, jobs).run(trips)) as found:
        for _, result in found:
            results.append(result)
            if on_drive is not None:
                on_drive(result, len(results), len(trips))
    return gather(results, drivers, tasks, seeds, suite=suite)


def gather(
    results: Iterable[Drive | Failure],
    drivers: Sequence[Driver],
    tasks: Sequence[RouteTask],
    seeds: Sequence[int],
    *,
    suite: str = "",
) -> Evaluation:
    """What came of drives so far, such as those that `evaluate` has told of.

    Args:
        results: Of drives, in any order.
        drivers: Who was to drive.
        tasks: The routes that were to be driven.
        seeds: Of the resets.
        suite: Name of the suite.
    """
    names = tuple(driver.name for driver in drivers)
    routes = tuple(task.name for task in tasks)

    def place(each: Drive | Failure) -> tuple[int, int, int]:
        return names.index(each.agent), routes.index(each.task), seeds.index(each.seed)

    ordered = sorted(results, key=place)
    return Evaluation(
        names,
        tuple(each for each in ordered if isinstance(each, Drive)),
        tuple(each for each in ordered if isinstance(each, Failure)),
        suite,
        routes,
        tuple(seeds),
    )


def _check(names: Sequence[object], what: str) -> None:
    if not names:
        raise ConfigError(f"an evaluation needs {what}, but got none.")
    twice = {str(name) for name in names if names.count(name) > 1}
    if twice:
        raise ConfigError(f"{what} must differ, but these are there twice: {sorted(twice)}.")


def _by_route(drives: Sequence[Drive], value: Callable[[Drive], float]) -> dict[Any, list[float]]:
    found: dict[Any, list[float]] = {}
    for each in drives:
        found.setdefault(each.task, []).append(value(each))
    return found


def _ends(found: Estimate | None) -> list[float | None] | None:
    return None if found is None else [found.value, found.low, found.high]
