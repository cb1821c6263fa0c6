"""The adapter of CARLA against a world that only looks like one.

Everything that needs no server is CARLA's own: maps, transforms, boxes, controls, settings. The
world is moved by our bicycle, or by SUMO.
"""

import fnmatch
import gc
import math
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from langprop.driving.box import Box, Pose
from langprop.driving.control import Control
from langprop.driving.maps.opendrive import signal
from langprop.driving.maps.routing import plan_route
from langprop.driving.maps.suites import suite
from langprop.driving.maps.towns import town
from langprop.driving.observation import Observation
from langprop.driving.simulator import Simulator
from langprop.driving.sumo.bicycle import Bicycle
from langprop.driving.task import RouteTask, Traffic
from langprop.errors import MissingDependency, SimulatorError, TownError

carla = pytest.importorskip("carla")

from langprop.driving.carla import library  # noqa: E402 - needs the client
from langprop.driving.carla.convert import transform_of  # noqa: E402
from langprop.driving.carla.simulator import CarlaSimulator  # noqa: E402

TASK = suite("tiny")[0]
SMALL = replace(TASK, traffic=Traffic(5, 2, 4, aggressive=1.0))
EMPTY = replace(TASK, traffic=Traffic(0, 0, 0))


class FakeActor:
    def __init__(self, world: "FakeWorld", type_id: str, transform: Any, **attributes: str) -> None:
        self.world, self.type_id, self.transform = world, type_id, transform
        self.attributes = attributes
        self.id = world.next_id = world.next_id + 1
        size = (0.19, 0.19) if type_id.startswith("walker.") else (2.45, 1.06)
        self.bounding_box = carla.BoundingBox(carla.Location(), carla.Vector3D(*size, 0.8))
        self.velocity = carla.Vector3D()
        self.control = carla.VehicleControl()
        self.calls: list[str] = []
        self.heard: Callable[[Any], None] | None = None

    def get_transform(self) -> Any:
        return self.transform

    def get_velocity(self) -> Any:
        return self.velocity

    def apply_control(self, control: Any) -> None:
        assert isinstance(control, carla.VehicleControl)
        self.control = control

    def destroy(self) -> bool:
        self.world.check()
        there = self in self.world.actors
        if there:
            self.world.actors.remove(self)
        return there

    def listen(self, heard: Callable[[Any], None]) -> None:
        self.heard = heard

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name not in (
            "set_autopilot",
            "start",
            "stop",
            "go_to_location",
            "set_max_speed",
        ):
            raise AttributeError(name)
        return lambda *_: self.calls.append(name)


class Actors(list[FakeActor]):
    def filter(self, pattern: str) -> list[FakeActor]:
        return [each for each in self if fnmatch.fnmatch(each.type_id, pattern)]


class Blueprint:
    def __init__(self, name: str, **attributes: str) -> None:
        self.id, self.attributes = name, attributes

    def has_attribute(self, name: str) -> bool:
        return name in self.attributes

    def get_attribute(self, name: str) -> Any:
        return SimpleNamespace(as_str=lambda: self.attributes[name])

    def set_attribute(self, name: str, value: str) -> None:
        self.attributes[name] = value


class Library(list[Blueprint]):
    def filter(self, pattern: str) -> list[Blueprint]:
        return [each for each in self if fnmatch.fnmatch(each.id, pattern)]

    def find(self, name: str) -> Blueprint:
        return next(each for each in self if each.id == name)


def _library() -> Library:
    return Library(
        [
            Blueprint("vehicle.lincoln.mkz_2020", number_of_wheels="4", base_type="car"),
            Blueprint("vehicle.audi.tt", number_of_wheels="4", base_type="car"),
            Blueprint("vehicle.bh.crossbike", number_of_wheels="2", base_type="bicycle"),
            Blueprint("walker.pedestrian.0001"),
            Blueprint("controller.ai.walker"),
            Blueprint("sensor.other.collision"),
        ]
    )


class FakeWorld:
    """Moves nobody but the ego."""

    def __init__(self, opendrive: str) -> None:
        self.map = carla.Map("OpenDriveMap", opendrive)
        self.settings = carla.WorldSettings()
        self.actors = Actors()
        self.library = _library()
        self.next_id = 0
        self.ticks = 0
        self.seeds: list[int] = []
        self.fails_after: float = math.inf  # calls of `check`
        self.error: BaseException = RuntimeError("time-out of 60000ms while waiting")
        self.walkable, self.asked = True, 0
        self.places: list[Any] = []
        self.lights: dict[str, Any] = {}
        self._bicycle: Bicycle | None = None

    def check(self) -> None:
        self.fails_after -= 1
        if self.fails_after < 0:
            raise self.error

    def get_map(self) -> Any:
        return self.map

    def get_settings(self) -> Any:
        copy = carla.WorldSettings()
        copy.synchronous_mode = self.settings.synchronous_mode
        copy.fixed_delta_seconds = self.settings.fixed_delta_seconds
        return copy

    def apply_settings(self, settings: Any) -> int:
        self.settings = settings
        return 0

    def get_blueprint_library(self) -> Library:
        return self.library

    def get_actors(self) -> Actors:
        return self.actors

    def set_pedestrians_seed(self, seed: int) -> None:
        self.seeds.append(seed)
        self.asked = 0

    def set_pedestrians_cross_factor(self, share: float) -> None:
        assert 0 <= share <= 1

    def get_random_location_from_navigation(self) -> Any:
        self.asked += 1
        places = self.places = self.places or self.map.generate_waypoints(20.0)
        place = places[(37 * self.asked) % len(places)]
        return place.transform.location if self.walkable else None

    def get_traffic_light_from_opendrive_id(self, name: str) -> Any:
        return self.lights.get(name)

    def spawn_actor(self, blueprint: Blueprint, transform: Any, attach_to: Any = None) -> FakeActor:
        actor = self.try_spawn_actor(blueprint, transform, attach_to)
        if actor is None:
            raise RuntimeError("Spawn failed because of collision at spawn position")
        return actor

    def try_spawn_actor(
        self, blueprint: Blueprint, transform: Any, attach_to: Any = None
    ) -> FakeActor | None:
        self.check()
        place = transform.location
        if attach_to is None and any(
            math.dist((place.x, place.y), (each.transform.location.x, each.transform.location.y))
            < 1.0
            for each in self.actors
        ):
            return None
        actor = FakeActor(self, blueprint.id, transform, **blueprint.attributes)
        self.actors.append(actor)
        return actor

    @property
    def ego(self) -> FakeActor:
        return next(each for each in self.actors if each.attributes.get("role_name") == "hero")

    def tick(self, seconds: float) -> int:
        assert self.settings.synchronous_mode
        assert seconds > 0
        self.check()
        self.ticks += 1
        self.move()
        return self.ticks

    def move(self) -> None:
        ego, place = self.ego, self.ego.transform.location
        if self._bicycle is None or self.ticks == 1:
            yaw = math.radians(ego.transform.rotation.yaw)
            self._bicycle = Bicycle(Pose(place.x, place.y, yaw))
        control = Control(ego.control.steer, ego.control.throttle, ego.control.brake)
        self._bicycle.step(control, self.settings.fixed_delta_seconds)
        _put(ego, self._bicycle.box)


def _put(actor: FakeActor, box: Box) -> None:
    actor.transform = transform_of(carla, box.pose)
    c, s = box.pose.heading
    actor.velocity = carla.Vector3D(box.speed * c, box.speed * s, 0.0)


class Manager:
    """Takes note of what it's told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []

    def get_port(self) -> int:
        return 8000

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *given: self.calls.append((name, given[-1]))


class FakeClient:
    def __init__(self, make: Callable[[str], FakeWorld] = FakeWorld) -> None:
        here = town("town102")
        self.world = make(here.opendrive)
        self.make, self.made = make, 0
        self.manager = Manager()
        self.server = "0.9.16"

    def set_timeout(self, seconds: float) -> None:
        assert seconds > 0

    def get_client_version(self) -> str:
        return "0.9.16"

    def get_server_version(self) -> str:
        return self.server

    def get_world(self) -> FakeWorld:
        return self.world

    def get_available_maps(self) -> list[str]:
        return ["/Game/Carla/Maps/Town01", "/Game/Carla/Maps/Town10HD_Opt"]

    def load_world(self, name: str) -> FakeWorld:
        assert not self.world.settings.synchronous_mode
        self.made += 1
        return self.world

    def generate_opendrive_world(self, opendrive: str, parameters: Any) -> FakeWorld:
        assert isinstance(parameters, carla.OpendriveGenerationParameters)
        assert not self.world.settings.synchronous_mode
        self.made += 1
        self.world = self.make(opendrive)
        return self.world

    def get_trafficmanager(self, port: int) -> Manager:
        assert port == 8000
        return self.manager


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def simulator(client: FakeClient) -> Iterator[CarlaSimulator]:
    with CarlaSimulator(client=client) as simulator:
        yield simulator


def test_keeps_the_contract(simulator: CarlaSimulator) -> None:
    assert isinstance(simulator, Simulator)
    seen = simulator.reset(EMPTY, 0)
    assert seen is simulator.observe()
    route = plan_route(town(TASK.town).network, TASK)
    assert (seen.tick, seen.time, seen.actors) == (0, 0.0, ())
    assert seen.ego.pose[:2] == pytest.approx(tuple(route.points[0]), abs=0.01)
    assert seen.ego.kind == "vehicle"
    assert seen.route_length == pytest.approx(route.length)
    for _ in range(60):
        seen = simulator.step(Control(0.0, 0.7, 0.0))
    assert (seen.tick, seen.time) == (60, pytest.approx(3.0))
    assert seen.ego.speed > 4
    assert seen.route_position == pytest.approx(
        math.dist(seen.ego.pose[:2], route.points[0]), rel=0.1
    )
    truth = simulator.truth()
    assert truth.observation is seen
    assert truth.index == pytest.approx(seen.route_position, abs=1)
    assert truth.fix.beyond < 0
    assert abs(truth.fix.heading - seen.ego.pose.yaw) < 0.1
    assert truth.lights == ("off",) * len(route.stop_lines)


def test_spawns_traffic_and_takes_it_off_again(client: FakeClient) -> None:
    with CarlaSimulator(client=client) as simulator:
        simulator.reset(SMALL, 0)
        world = client.world
        kinds = [each.type_id.split(".")[0] for each in world.actors]
        assert kinds.count("vehicle") == 1 + 5 + 2
        assert kinds.count("walker") == kinds.count("controller") == 4
        assert kinds.count("sensor") == 1
        assert simulator.missing == 0
        assert world.settings.synchronous_mode
        assert world.settings.fixed_delta_seconds == pytest.approx(0.05)
        for each in world.actors:
            if each.type_id.startswith("controller"):
                assert each.calls == ["start", "go_to_location", "set_max_speed"]
        assert ("set_synchronous_mode", True) in client.manager.calls
        assert [name for name, _ in client.manager.calls].count("ignore_lights_percentage") == 7
        ego = world.ego.transform.location
        for each in world.actors.filter("vehicle.*"):
            place = each.transform.location
            away = math.dist((place.x, place.y), (ego.x, ego.y))
            assert each is world.ego or away > 14
    assert world.actors == []
    assert not world.settings.synchronous_mode
    assert client.manager.calls[-1] == ("set_synchronous_mode", False)
    simulator.close()
    with pytest.raises(SimulatorError, match="was closed"):
        simulator.reset(SMALL, 0)
    with pytest.raises(SimulatorError, match="was closed"):
        simulator.observe()


def test_the_same_seed_spawns_the_same_traffic() -> None:
    found = []
    for seed in (3, 3, 4):
        client = FakeClient()
        with CarlaSimulator(client=client) as simulator:
            simulator.reset(SMALL, seed)
            places = [each.transform.location for each in client.world.actors]
            found.append([(place.x, place.y) for place in places])
    assert found[0] == found[1] != found[2]


def test_the_next_route_finds_a_clean_town(simulator: CarlaSimulator, client: FakeClient) -> None:
    simulator.reset(SMALL, 0)
    world, count = client.world, len(client.world.actors)
    simulator.step(Control(throttle=1.0))
    simulator.reset(replace(SMALL, name="again"), 1)
    assert client.world is world  # the town isn't loaded anew
    assert len(world.actors) == count
    simulator.reset(suite("training")[0], 0)
    assert client.world is not world
    assert client.made == 2
    assert world.actors == []


def test_room_that_lacks_is_told(simulator: CarlaSimulator, client: FakeClient) -> None:
    client.make = lambda text: setattr(world := FakeWorld(text), "walkable", False) or world
    simulator.reset(replace(TASK, traffic=Traffic(900, 0, 3)), 0)
    cars = len(client.world.actors.filter("vehicle.*")) - 1
    assert 100 < cars < 900
    assert simulator.missing == 900 - cars + 3


def _drive(simulator: CarlaSimulator) -> None:
    simulator.reset(SMALL, 0)
    for _ in range(20):
        simulator.step(Control())


@pytest.mark.parametrize("calls", [0, 1, 4, 9, 14, 20, 30, 40])
@pytest.mark.parametrize("error", [RuntimeError("rpc::rpc_error"), KeyboardInterrupt()])
def test_nobody_stays_behind_after_an_error(calls: int, error: BaseException) -> None:
    client = FakeClient()
    simulator = CarlaSimulator(client=client)

    def make(text: str) -> FakeWorld:
        world = FakeWorld(text)
        world.fails_after, world.error = calls, error
        return world

    client.make = make
    expected = SimulatorError if isinstance(error, RuntimeError) else KeyboardInterrupt
    with pytest.raises(expected):
        _drive(simulator)
    world = client.world
    world.fails_after = math.inf
    simulator.close()
    assert world.actors == []
    assert not world.settings.synchronous_mode


def test_after_a_failure_the_next_route_loads_the_town_anew(
    simulator: CarlaSimulator, client: FakeClient
) -> None:
    simulator.reset(SMALL, 0)
    client.world.fails_after = 0
    with pytest.raises(SimulatorError, match=r"CARLA failed in tick 1: time-out"):
        simulator.step(Control())
    with pytest.raises(SimulatorError, match="nothing was begun"):
        simulator.step(Control())
    client.world.fails_after = math.inf
    assert simulator.reset(SMALL, 0).tick == 0
    assert client.made == 2


def test_a_simulator_that_is_forgotten_puts_the_server_back(client: FakeClient) -> None:
    simulator = CarlaSimulator(client=client)
    simulator.reset(SMALL, 0)
    del simulator
    gc.collect()
    assert client.world.actors == []
    assert not client.world.settings.synchronous_mode


def test_collisions_come_from_the_sensor(simulator: CarlaSimulator, client: FakeClient) -> None:
    simulator.reset(SMALL, 0)
    sensor = client.world.actors.filter("sensor.*")[0]
    car, walker = client.world.actors[1], client.world.actors.filter("walker.*")[0]
    assert sensor.heard is not None
    others = [car, walker, car]
    for kind in ("static.road", "static.sidewalk", "static.building", "traffic.traffic_light"):
        others.append(SimpleNamespace(type_id=kind, id=0))
    for other in others:
        sensor.heard(SimpleNamespace(other_actor=other))
    assert simulator.truth().hits == frozenset()
    simulator.step(Control())
    expected = {str(car.id), str(walker.id), "static.building:0", "traffic.traffic_light:0"}
    assert simulator.truth().hits == expected
    simulator.step(Control())
    assert simulator.truth().hits == frozenset()


def test_removes_whom_it_has_spawned(simulator: CarlaSimulator, client: FakeClient) -> None:
    simulator.reset(SMALL, 0)
    car = client.world.actors[1]
    foreign = FakeActor(client.world, "vehicle.audi.tt", client.world.ego.transform)
    client.world.actors.append(foreign)
    for name in (str(car.id), str(car.id), "nobody", str(foreign.id), str(client.world.ego.id)):
        simulator.remove(name)
    assert car not in client.world.actors
    assert foreign in client.world.actors
    assert client.world.ego in client.world.actors
    seen = simulator.step(Control())
    assert str(foreign.id) in [box.id for box in seen.actors]  # whoever is there is seen


def test_lights_that_the_server_lacks_are_told(
    simulator: CarlaSimulator, client: FakeClient
) -> None:
    simulator.reset(EMPTY, 0)
    lines = plan_route(town(TASK.town).network, TASK).stop_lines
    names = [signal(line) for line in lines if line.kind == "light"]
    assert names
    assert simulator.unlit == tuple(names)

    red = SimpleNamespace(get_state=lambda: carla.TrafficLightState.Red)
    client.world.lights[names[0]] = red
    simulator.reset(EMPTY, 0)
    assert simulator.unlit == tuple(names[1:])
    assert "red" in simulator.truth().lights


def test_drives_in_a_town_of_carla_through_places(client: FakeClient) -> None:
    here = town("town102")
    route = plan_route(here.network, next(t for t in suite("training") if t.town == "town102"))
    places = tuple(f"{x:.2f},{y:.2f}" for x, y in route.points[[0, 60]])
    task = RouteTask("own", "Town01", places, Traffic(1, 0, 0))
    with CarlaSimulator(client=client) as simulator:
        seen = simulator.reset(task, 0)
        assert seen.ego.pose[:2] == pytest.approx(tuple(route.points[0]), abs=0.5)
        assert seen.route_length > 40
        assert simulator.step(Control(throttle=1.0)).tick == 1
        with pytest.raises(
            TownError, match=r"no town 'Town1'.*The server has Town01, Town10HD_Opt"
        ):
            simulator.reset(replace(task, town="Town1"), 0)
        with pytest.raises(TownError, match="is no place"):
            simulator.reset(replace(task, edges=TASK.edges), 0)
        with pytest.raises(TownError, match="no road"):
            simulator.reset(replace(TASK, edges=("a", "b")), 0)
    assert client.world.actors == []


class SumoWorld(FakeWorld):
    """Moved by SUMO: its ego, its traffic, its lights."""

    def __init__(self, opendrive: str, sumo: Any) -> None:
        super().__init__(opendrive)
        self.sumo, self.begun = sumo, False
        network = town(TASK.town).network
        for number, line in enumerate(plan_route(network, TASK).stop_lines):
            if line.kind == "light":
                self.lights[signal(line)] = SimpleNamespace(
                    get_state=lambda n=number: self._state(n)
                )

    def _state(self, number: int) -> Any:
        names = {"red": "Red", "yellow": "Yellow", "green": "Green", "off": "Off"}
        return getattr(carla.TrafficLightState, names[self.sumo.truth().lights[number]])

    def spawn_actor(self, blueprint: Blueprint, transform: Any, attach_to: Any = None) -> FakeActor:
        actor = super().spawn_actor(blueprint, transform, attach_to)
        if blueprint.id.startswith("sensor."):  # the last one to come
            self.begun = True
            self._show()
        return actor

    def move(self) -> None:
        if self.begun:
            control = self.ego.control
            self.sumo.step(Control(control.steer, control.throttle, control.brake))
            self._show()

    def _show(self) -> None:
        seen: Observation = self.sumo.observe()
        _put(self.ego, seen.ego)
        for each in [each for each in self.actors if "sumo" in each.attributes]:
            self.actors.remove(each)
        for box in seen.actors:
            kind = "walker.pedestrian.0001" if box.kind == "pedestrian" else "vehicle.x"
            wheels = "2" if box.kind == "bicycle" else "4"
            actor = FakeActor(self, kind, None, number_of_wheels=wheels, sumo=box.id)
            actor.id = 1_000 + box.number
            extent = carla.Vector3D(box.half_length, box.half_width, 0.8)
            actor.bounding_box = carla.BoundingBox(carla.Location(), extent)
            _put(actor, box)
            self.actors.append(actor)


def test_a_world_that_sumo_moves_is_seen_as_sumo_sees_it() -> None:
    pytest.importorskip("libsumo")
    from langprop.driving.sumo.simulator import SumoSimulator

    with SumoSimulator() as sumo:
        sumo.reset(replace(TASK, traffic=Traffic()), 5)
        client = FakeClient(lambda text: SumoWorld(text, sumo))
        with CarlaSimulator(client=client) as simulator:
            simulator.reset(EMPTY, 5)
            met = set()
            for tick in range(120):
                _same(simulator.observe(), sumo.observe())
                one, other = simulator.truth(), sumo.truth()
                assert one.lights == other.lights
                assert (one.index, one.completed_stops) == (other.index, other.completed_stops)
                if not (one.fix.in_junction or other.fix.in_junction):
                    assert one.fix.beyond == pytest.approx(other.fix.beyond, abs=0.3)
                    assert one.fix.heading == pytest.approx(other.fix.heading, abs=0.1)
                met |= {box.kind for box in one.observation.actors}
                simulator.step(Control(0.02 * math.sin(tick / 5), 0.6, 0.0))
    assert met >= {"vehicle", "pedestrian"}


def _same(one: Observation, other: Observation) -> None:
    assert one.tick == other.tick
    assert one.ego.pose == pytest.approx(other.ego.pose, abs=1e-3)
    assert one.ego.speed == pytest.approx(other.ego.speed, abs=1e-3)
    assert one.target == pytest.approx(other.target)
    assert one.route_position == pytest.approx(other.route_position, abs=1e-3)
    assert one.signals.light_state == other.signals.light_state
    for mine, theirs in (
        (one.signals.red_light, other.signals.red_light),
        (one.signals.stop_sign, other.signals.stop_sign),
    ):
        assert mine == (None if theirs is None else pytest.approx(theirs, abs=1e-3))
    seen = {box.number - 1_000: box for box in one.actors}
    assert seen.keys() == {box.number for box in other.actors}
    for box in other.actors:
        mine = seen[box.number]
        assert mine.kind == box.kind
        assert np.allclose(mine.corners(), box.corners(), atol=2e-3)
        assert mine.speed == pytest.approx(box.speed, abs=1e-3)


def test_without_a_server_it_is_told_what_to_do() -> None:
    with (
        CarlaSimulator(port=1, timeout=0.2) as simulator,
        pytest.raises(SimulatorError, match=r"no CARLA server answers at localhost:1 .*Start one"),
    ):
        simulator.reset(TASK, 0)


def test_a_server_of_another_version_is_told(client: FakeClient) -> None:
    client.server = "0.10.0"
    with (
        CarlaSimulator(client=client) as simulator,
        pytest.raises(SimulatorError, match=r"pip install carla==0.10.0"),
    ):
        simulator.reset(TASK, 0)


CHECK = Path(__file__).parents[2] / "examples" / "driving" / "carla_check.py"


def test_the_check_for_users_with_a_server_runs(
    client: FakeClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(carla, "Client", lambda *_: client)
    monkeypatch.setattr("sys.argv", ["carla_check.py", "--own-town", "Town01"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(CHECK), run_name="__main__")
    assert caught.value.code == 1
    lines = capsys.readouterr().out.splitlines()
    found = {line[6:70].strip(): line[:4] for line in lines}
    passed = [what for what, how in found.items() if how == "pass"]
    failed = [what for what, how in found.items() if how == "FAIL"]
    assert [what.split()[0] for what in passed] == [
        "A",
        "Our",
        "The",
        "Throttle,",
        "A",
        "The",
        "After",
    ]
    assert len(failed) == 4  # no lights, nobody moves or is hit, and no town of CARLA
    assert lines[-1] == "7 of 11 passed"
    assert client.world.actors == []


def test_the_check_tells_that_there_is_no_server() -> None:
    done = subprocess.run(
        [sys.executable, CHECK, "--port", "1", "--timeout", "0.2"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout.startswith("FAIL  A server answers")
    assert "No server was found at localhost:1" in done.stdout


def test_wrong_calls_are_told(simulator: CarlaSimulator) -> None:
    with pytest.raises(SimulatorError, match="nothing was begun"):
        simulator.truth()
    simulator.reset(EMPTY, 0)
    with pytest.raises(ValueError, match="must be finite"):
        simulator.step(Control(math.nan))
    assert simulator.step(Control()).tick == 1  # and it goes on
    for dt in (0.0, 0.2, math.nan):
        with pytest.raises(SimulatorError, match="dt must be"):
            CarlaSimulator(dt=dt)


def test_without_the_client_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "carla", None)
    monkeypatch.setattr("sys.version_info", (3, 11, 0))
    with pytest.raises(MissingDependency, match=r"pip install 'langprop\[carla\]'"):
        library.load()
    monkeypatch.setattr("sys.version_info", (3, 13, 0))
    with pytest.raises(SimulatorError, match=r"for Python 3\.10 to 3.12, and this is Python 3.13"):
        library.load()
