"""Try the CARLA backend against a server, and print what passes and what fails.

Start a server (CARLA 0.9.16), then run this beside it:

    ./CarlaUE4.sh -RenderOffScreen
    python examples/driving/carla_check.py
    python examples/driving/carla_check.py --host 10.0.0.5 --own-town Town10HD_Opt

It needs  pip install 'langprop[carla]'. It exits with 0 if everything passes, else with 1.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Callable

from langprop.driving.agents.pid import Pilot
from langprop.driving.carla import library
from langprop.driving.carla.simulator import CarlaSimulator
from langprop.driving.control import Control
from langprop.driving.maps.routing import plan_route
from langprop.driving.maps.suites import suite
from langprop.driving.maps.towns import town
from langprop.driving.task import RouteTask, Traffic
from langprop.errors import LangPropError

TASK = suite("tiny")[0]
TRAFFIC = Traffic(cars=20, bicycles=3, pedestrians=15)


class Failed(Exception):
    """Something isn't as it should be."""


def need(good: object, otherwise: str) -> None:
    """Fail unless something holds."""
    if not good:
        raise Failed(otherwise)


class Check:
    """One server, and what was found out about it."""

    def __init__(self, host: str, port: int, timeout: float, own_town: str) -> None:
        self.address = host, port
        self.simulator = CarlaSimulator(host, port, timeout=timeout)
        self.carla = library.load()
        self.client = self.carla.Client(host, port)
        self.client.set_timeout(min(timeout, 10.0))
        self.own_town = own_town
        self.before = 0

    def answers(self) -> str:
        """A server answers."""
        world = self.client.get_world()
        self.before = len(self._actors())
        settings = world.get_settings()
        need(
            not settings.synchronous_mode,
            "somebody else holds the server in synchronous mode; restart it",
        )
        return f"CARLA {self.client.get_server_version()}, map {world.get_map().name}"

    def begins(self) -> str:
        """Our town is loaded, the ego stands at the start of the route."""
        simulator = self.simulator
        started = time.perf_counter()
        seen = simulator.reset(_task(TASK, Traffic(0, 0, 0)), 0)
        route = plan_route(town(TASK.town).network, TASK)
        off = math.dist(seen.ego.pose[:2], route.points[0])
        need(off < 0.5, f"the ego is {off:.1f} m off the start")
        u, v = route.directions[0]
        turned = math.degrees(abs(math.atan2(v, u) - seen.ego.pose.yaw))
        need(min(turned, 360 - turned) < 5, f"it faces {turned:.0f}° off")
        return f"{time.perf_counter() - started:.1f} s, {off:.2f} m off"

    def lanes(self) -> str:
        """The ego is in its lane, as the server's map has it."""
        fix = self.simulator.truth().fix
        need(fix.beyond < -0.5, f"{fix.beyond:.2f} m beyond the edge of lane {fix.lane}")
        return f"lane {fix.lane}, {-fix.beyond:.2f} m inside"

    def lights(self) -> str:
        """The server has each light of the route, and they change."""
        simulator = self.simulator
        need(not simulator.unlit, f"not on the server: {', '.join(simulator.unlit)}")
        states = set()
        for _ in range(1_200):  # a minute
            simulator.step(Control(brake=1.0))
            states.update(simulator.truth().lights)
        need({"red", "green"} <= states, f"in a minute, only {', '.join(sorted(states))}")
        return ", ".join(sorted(states))

    def drives(self) -> str:
        """Throttle, brake and steering do what they should."""
        simulator = self.simulator
        simulator.reset(_task(TASK, Traffic(0, 0, 0)), 0)
        for _ in range(60):
            seen = simulator.step(Control(throttle=0.7))
        fast = seen.ego.speed
        need(fast > 3, f"{fast:.1f} m/s after 3 s of throttle")
        yaw = seen.ego.pose.yaw
        for _ in range(10):
            seen = simulator.step(Control(steer=0.3))
        turned = math.degrees(seen.ego.pose.yaw - yaw)
        need(turned > 1, f"steering to the right turned it by {turned:.1f}°")
        for _ in range(60):
            seen = simulator.step(Control(brake=1.0))
        need(abs(seen.ego.speed) < 0.2, f"{seen.ego.speed:.1f} m/s after 3 s of braking")
        return f"{fast:.1f} m/s after 3 s, {turned:.0f}° to the right, then stands"

    def follows(self) -> str:
        """A lane follower gets to the goal of the route, alone."""
        simulator = self.simulator
        seen, driver = simulator.reset(_task(TASK, Traffic(0, 0, 0)), 0), Pilot()
        limit = int((0.8 * seen.route_length + 5) / simulator.dt)
        for _ in range(limit):
            dx, dy = seen.target[0] - seen.ego.pose.x, seen.target[1] - seen.ego.pose.y
            angle = math.atan2(dy, dx) - seen.ego.pose.yaw
            angle = (angle + math.pi) % (2 * math.pi) - math.pi
            seen = simulator.step(driver.control("MOVE", math.degrees(angle), seen.ego.speed))
            if seen.route_position > seen.route_length - 5:
                return f"{seen.route_length:.0f} m in {seen.time:.0f} s"
        raise Failed(f"{seen.route_position:.0f} of {seen.route_length:.0f} m when time is up")

    def traffic(self) -> str:
        """Vehicles and pedestrians come, move and are seen."""
        simulator = self.simulator
        seen = simulator.reset(_task(TASK, TRAFFIC), 1)
        started = time.perf_counter()
        moving, kinds, ticks = set(), set(), 400
        for _ in range(ticks):
            seen = simulator.step(Control(brake=1.0))
            moving |= {box.id for box in seen.actors if box.speed > 0.5}
            kinds |= {box.kind for box in seen.actors}
        rate = ticks / (time.perf_counter() - started)
        world = self.client.get_world().get_actors()
        count = len(world.filter("vehicle.*")) + len(world.filter("walker.*")) - 1
        need(count > 0, "nobody was spawned")
        need(moving or not seen.actors, "nobody moves")
        return (
            f"{count} spawned, no room for {simulator.missing}, {len(moving)} seen moving "
            f"({', '.join(sorted(kinds)) or 'nobody near'}), {rate:.0f} ticks/s"
        )

    def collides(self) -> str:
        """The collision sensor tells of a vehicle that is hit."""
        simulator = self.simulator
        seen = simulator.reset(_task(TASK, Traffic(0, 0, 0)), 0)
        world = self.client.get_world()
        library_ = world.get_blueprint_library().filter("vehicle.audi.*")
        u, v = seen.ego.pose.heading
        place = self.carla.Transform(
            self.carla.Location(seen.ego.pose.x + 12 * u, seen.ego.pose.y + 12 * v, 0.5),
            self.carla.Rotation(yaw=math.degrees(seen.ego.pose.yaw)),
        )
        other = world.spawn_actor(random.Random(0).choice(library_), place)
        try:
            for _ in range(200):
                seen = simulator.step(Control(throttle=0.8))
                if str(other.id) in simulator.truth().hits:
                    return f"hit after {seen.time:.1f} s at {seen.ego.speed:.1f} m/s"
        finally:
            other.destroy()
        raise Failed("no collision was told in 10 s")

    def repeats(self) -> str:
        """The same seed spawns the same traffic in the same places."""
        found = []
        for _ in range(2):
            seen = self.simulator.reset(_task(TASK, TRAFFIC), 3)
            found.append(sorted((round(b.pose.x), round(b.pose.y)) for b in seen.actors))
        need(found[0] == found[1], f"{len(set(found[0]) ^ set(found[1]))} boxes differ")
        return f"{len(found[0])} actors near the start"

    def own(self) -> str:
        """A route through places in one of CARLA's own towns."""
        self.simulator.close()  # towns can't be changed while it holds the server
        world = self.client.load_world(self.own_town)
        self.simulator = CarlaSimulator(*self.address)
        points = world.get_map().get_spawn_points()
        places = tuple(f"{p.location.x},{p.location.y},{p.location.z}" for p in points[:2])
        task = RouteTask("own", self.own_town, places, Traffic(5, 0, 5))
        seen = self.simulator.reset(task, 0)
        for _ in range(40):
            self.simulator.step(Control(throttle=0.5))
        lines = self.simulator.truth().route.stop_lines
        return f"{seen.route_length:.0f} m, {len(lines)} stop lines, unlit {self.simulator.unlit}"

    def leaves(self) -> str:
        """After closing, nobody is left and the server runs by itself."""
        self.simulator.close()
        time.sleep(1.0)  # the server takes actors off in its next frame
        left = len(self._actors())
        need(left <= self.before, f"{left - self.before} actors are left")
        need(not self.client.get_world().get_settings().synchronous_mode, "still synchronous")
        return "nobody left"

    def _actors(self) -> list[object]:
        actors = self.client.get_world().get_actors()
        return [*actors.filter("vehicle.*"), *actors.filter("walker.*"), *actors.filter("sensor.*")]


def _task(task: RouteTask, traffic: Traffic) -> RouteTask:
    return RouteTask.from_dict({**task.to_dict(), "traffic": vars(traffic)})


def run(check: Callable[[], str]) -> bool:
    """Try one thing, and print a line."""
    what = (check.__doc__ or "").strip().rstrip(".")
    try:
        said, good = check(), True
    except (Failed, LangPropError, RuntimeError) as error:
        said, good = f"{type(error).__name__}: {error}".removeprefix("Failed: "), False
    print(f"{'pass' if good else 'FAIL'}  {what:66} {said}", flush=True)
    return good


def main() -> int:
    """Try everything, in order; without a server, only that."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=2000)
    parser.add_argument("--timeout", type=float, default=60.0, help="for an answer [s]")
    parser.add_argument("--own-town", default="Town01", help="one of CARLA's own towns")
    given = parser.parse_args()
    try:
        check = Check(given.host, given.port, given.timeout, given.own_town)
    except LangPropError as error:
        print(f"FAIL  {error}")
        return 1
    if not run(check.answers):
        print(f"\nNo server was found at {given.host}:{given.port}, so nothing else was tried.")
        return 1
    checks = [
        check.begins,
        check.lanes,
        check.lights,
        check.drives,
        check.follows,
        check.traffic,
        check.collides,
        check.repeats,
        check.own,
    ]
    try:
        results = [run(each) for each in checks]
    finally:
        last = run(check.leaves)
    good = sum(results) + last + 1
    print(f"\n{good} of {len(results) + 2} passed")
    return 0 if good == len(results) + 2 else 1


if __name__ == "__main__":
    sys.exit(main())
