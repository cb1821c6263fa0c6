"""Ticks per second of the driving environment in SUMO, beside bare SUMO in the same run.

python -m benchmarks driving
python -m benchmarks.driving --routes 6 --seeds 2

The expert drives routes of the training suite (45 cars, 6 bicycles, 45 pedestrians); what it takes
to decide isn't counted. "Bare SUMO" are as many steps of the same traffic without anything
else, taken right after each drive. "Environment" is a step with the ego, the hazards, the
observation, the truth and all criteria, in the process of SUMO; "with a worker" is the same through
`SumoSimulator`, processor time of both processes. "Policy" is the call of an isolated policy with
the scene of the tick: processor time of this process, and wall time, since this one waits while its
process works.

All of that is measured with nothing beside it, and then "on all cores": with as many drives at once
as there are cores, as `langprop driving evaluate` makes them. Alone, most of a call is the waking
of another core, which has nothing else to do meanwhile; the target for policies is for all cores.

Processor time says more than wall time while other programs run. Resets after the first one, which
pays for reading the town, are medians.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from langprop.driving.agents.drivers import read_driver
from langprop.driving.agents.expert import ExpertAgent
from langprop.driving.agents.pid import Pilot
from langprop.driving.judging.criteria import Criteria
from langprop.driving.maps.suites import suite
from langprop.driving.observation import Observation
from langprop.driving.simulator import Simulator, Truth
from langprop.driving.sumo import library
from langprop.driving.sumo.simulation import SumoSimulation
from langprop.driving.sumo.simulator import SumoSimulator
from langprop.driving.task import RouteTask
from langprop.executors.local import LocalExecutor
from langprop.sandbox.linux import n_cores

MIN_RATE = 800  # ticks/s of processor time
MAX_RESET = 0.3  # [s] of processor time
MAX_POLICY = 0.15  # of the tick
HERE = Path(__file__).parent
POLICY = HERE.parent / "examples" / "driving" / "policies" / "handwritten.py"


@dataclass
class Clock:
    """Times of a part, summed up [s]."""

    cpu: float = 0.0
    wall: float = 0.0
    count: int = 0

    def measure(self, call: Callable[[], object]) -> None:
        """Add a call."""
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        self.cpu += time.process_time() - cpu
        self.wall += time.perf_counter() - wall
        self.count += 1

    def __add__(self, other: Clock) -> Clock:
        """Both together."""
        return Clock(self.cpu + other.cpu, self.wall + other.wall, self.count + other.count)

    def row(self, name: str) -> str:
        """A line of the table."""
        cpu, wall = self.cpu / self.count, self.wall / self.count
        return f"{name:28}{1e6 * cpu:10.0f}{1e6 * wall:10.0f}{1 / cpu:12,.0f}{1 / wall:12,.0f}"


class Drives(NamedTuple):
    """Times of some drives.

    Attributes:
        bare: SUMO without anything else.
        inside: The environment, in the process of SUMO.
        policy: Calls of the isolated policy.
    """

    bare: Clock
    inside: Clock
    policy: Clock

    @property
    def share(self) -> tuple[float, float]:
        """What calls take of the tick: of its processor time, and of its wall time."""
        calls, ticks = self.policy, self.inside
        return (
            calls.cpu / calls.count / (ticks.cpu / ticks.count),
            calls.wall / calls.count / (ticks.wall / ticks.count),
        )

    def rows(self, where: str) -> str:
        """Lines of the table."""
        parts = {"bare SUMO": self.bare, "environment": self.inside, "policy": self.policy}
        return "\n".join(clock.row(f"{name}, {where}") for name, clock in parts.items())


def spent(pid: int) -> float:
    """Processor time of another process [s], in hundredths of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def drive(
    simulator: Simulator, clock: Clock, asked: Callable[[Observation, Truth], object] | None = None
) -> None:
    """Let the expert drive the route that was begun; only the environment is timed."""
    truth = simulator.truth()
    criteria, pilot, expert = Criteria(truth.route), Pilot(), ExpertAgent()

    def tick() -> None:
        nonlocal truth
        simulator.step(control)
        truth = simulator.truth()
        criteria.update(truth)
        for name in criteria.leaving(truth.observation.time):
            simulator.remove(name)

    while not criteria.done:
        seen = truth.observation
        if asked is not None:
            asked(seen, truth)
        level, angle, speed, *_ = expert.act(seen, truth)
        control = pilot.control(level, angle, seen.ego.speed, speed)
        clock.measure(tick)


def resets(simulator: Simulator, tasks: list[RouteTask], wait: Callable[[], float]) -> str:
    """Times of resets [s]: the median and the longest."""
    found = []
    for task in [tasks[0], *tasks]:
        before = wait()
        simulator.reset(task, 1)
        found.append(wait() - before)
    later = sorted(found[1:])
    return f"{statistics.median(later):.3f} s, at most {later[-1]:.3f} s"


def drives(tasks: Sequence[RouteTask], seeds: Sequence[int]) -> Drives:
    """Drive all of them, one after the other, in this process."""
    bare, inside, policy = Clock(), Clock(), Clock()
    sumo = library.load()
    with SumoSimulation() as simulation, LocalExecutor(workers=1) as executor:
        driver = read_driver(str(POLICY))
        for task in tasks:
            for seed in seeds:
                simulation.reset(task, seed)
                before = inside.count
                with driver.agent(executor) as agent:
                    agent.reset()
                    ask = lambda seen, truth, agent=agent: policy.measure(  # noqa: E731
                        lambda: agent.act(seen, truth)
                    )
                    drive(simulation, inside, ask)
                simulation.reset(task, seed)
                sumo.vehicle.remove("ego")
                for _ in range(inside.count - before):
                    bare.measure(sumo.simulationStep)
    return Drives(bare, inside, policy)


def on_all_cores(tasks: Sequence[RouteTask], seeds: Sequence[int]) -> Drives:
    """The same in as many processes as there are cores, each with all tasks, at the same time."""
    count = n_cores()
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
        # Each in another order, so that they aren't at the same place at the same time.
        orders = [[*tasks[k % len(tasks) :], *tasks[: k % len(tasks)]] for k in range(count)]
        found = list(pool.map(drives, orders, [seeds] * count))
    total = found[0]
    for each in found[1:]:
        total = Drives(*(one + other for one, other in zip(total, each, strict=True)))
    return total


def main() -> int:
    """Print the table; 1 if a figure is missed."""
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    made.add_argument("--routes", type=int, default=4)
    made.add_argument("--seeds", type=int, default=1)
    settings = made.parse_args()
    tasks = list(suite("training"))[:: max(1, 24 // settings.routes)][: settings.routes]
    alone = drives(tasks, range(settings.seeds))
    with SumoSimulation() as simulation:
        short = resets(simulation, tasks, time.process_time)
        long = resets(simulation, list(suite("long"))[::6], time.process_time)
    outside = Clock()
    with SumoSimulator() as simulator:
        simulator.reset(tasks[0], 0)
        pid = simulator.pid or 0
        before = spent(pid)
        drive(simulator, outside)
        outside.cpu += spent(pid) - before
    together = on_all_cores(tasks, range(settings.seeds))
    print(f"{'per tick':28}{'µs cpu':>10}{'µs wall':>10}{'/s cpu':>12}{'/s wall':>12}")
    print(alone.rows("alone"))
    print(outside.row("environment with a worker"))
    print(together.rows("on all cores"))
    for each, where in ((alone, "alone"), (together, "on all cores")):
        cpu, wall = each.share
        print(
            f"{where}: {each.inside.count:,} ticks; the isolated policy takes "
            f"{100 * cpu:.0f} % of a tick's processor time here, and {100 * wall:.0f} % of its "
            "wall time"
        )
    print(f"reset, processor time, median: training {short}; long {long}")
    rate = min(each.inside.count / each.inside.cpu for each in (alone, together))
    share = together.share[0]
    print(f"at least {MIN_RATE} ticks/s of processor time: {'yes' if rate >= MIN_RATE else 'NO'}")
    print(f"policy at most {MAX_POLICY:.0%} on all cores: {'yes' if share <= MAX_POLICY else 'NO'}")
    return int(rate < MIN_RATE or share > MAX_POLICY)


if __name__ == "__main__":
    sys.exit(main())
