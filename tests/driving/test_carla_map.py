import math
import random
from dataclasses import replace

import numpy as np
import pytest

from langprop.driving.box import Box, Pose, wrap
from langprop.driving.control import Control
from langprop.driving.maps.lanes import LaneMap
from langprop.driving.maps.network import Network
from langprop.driving.maps.opendrive import LIGHT, STOP, for_carla, signal
from langprop.driving.maps.polyline import Polyline
from langprop.driving.maps.routing import plan_route
from langprop.driving.maps.suites import suite
from langprop.driving.maps.towns import town
from langprop.driving.route import Route
from langprop.driving.task import RouteTask
from langprop.errors import TownError

carla = pytest.importorskip("carla")

from langprop.driving.carla.convert import (  # noqa: E402 - needs the client
    box_of,
    control_of,
    light_of,
    pose_of,
    transform_of,
)
from langprop.driving.carla.lanes import CarlaLanes  # noqa: E402
from langprop.driving.carla.planning import Planner  # noqa: E402

TOWNS = ("town101", "town203")


def _map(name: str) -> "carla.Map":
    here = town(name)
    return carla.Map(name, for_carla(here.opendrive, here.network))


MAPS = {name: _map(name) for name in TOWNS}


def _samples(network: Network, kind: str, step: float = 4.0) -> list[tuple[float, float, float]]:
    """Points in the middle of lanes (x, y, yaw)."""
    found = []
    for lane in network.lanes.values():
        if lane.kind == kind:
            line = Polyline(lane.shape)
            at = np.arange(0.5, line.length, step)
            for (x, y), (u, v) in zip(line.at(at), line.directions(at), strict=True):
                found.append((float(x), float(y), math.atan2(v, u)))
    return found


@pytest.mark.parametrize("name", TOWNS)
def test_lanes_agree_with_those_of_sumo_within_5_cm(name: str) -> None:
    lanes = CarlaLanes(carla, MAPS[name])
    for kind, mean, most in (("road", 0.05, 0.8), ("junction", 0.12, 1.5)):
        off, turned = [], []
        for x, y, yaw in _samples(town(name).network, kind):
            place = MAPS[name].get_waypoint(carla.Location(x, y, 0.0)).transform.location
            off.append(math.hypot(place.x - x, place.y - y))
            fix = lanes.fix(x, y, yaw)
            assert fix.beyond <= 0
            assert fix.heading is not None
            turned.append(abs(wrap(fix.heading - yaw)))
        assert np.mean(off) < mean
        assert np.max(off) < most
        assert np.percentile(turned, 99) < math.radians(5)


@pytest.mark.parametrize("name", TOWNS)
def test_a_point_is_where_sumo_says(name: str) -> None:
    lanes, others = CarlaLanes(carla, MAPS[name]), LaneMap(town(name).network)
    west, north, east, south = town(name).network.bounds
    rng = random.Random(1)
    differ = []
    junctions = 0
    for _ in range(500):
        x, y = rng.uniform(west, east), rng.uniform(north, south)
        one, other = lanes.fix(x, y), others.fix(x, y)
        junctions += one.in_junction != other.in_junction
        if not (one.in_junction or other.in_junction):
            differ.append(abs(one.beyond - other.beyond))
    assert np.percentile(differ, 90) < 0.05
    assert junctions < 0.03 * 500  # at corners: CARLA knows no outline of a junction


def test_far_away_there_is_nothing() -> None:
    lanes = CarlaLanes(carla, MAPS["town101"])
    fix = lanes.fix(-500.0, 0.0, 0.0)
    assert (fix.beyond, fix.heading, fix.in_junction, fix.lane) == (20, None, False, "")
    for point in ((math.nan, 0.0), (0.0, math.inf)):
        with pytest.raises(ValueError, match="isn't finite"):
            lanes.fix(*point)


@pytest.mark.parametrize("name", TOWNS)
def test_lights_and_signs_are_on_the_map(name: str) -> None:
    network = town(name).network
    lights = {each.id for each in MAPS[name].get_all_landmarks_of_type(LIGHT)}
    expected = {
        f"{link.light}_{link.index}" for links in network.links.values() for link in links
    } - {"_0"}
    assert lights == expected
    signs = {each.id for each in MAPS[name].get_all_landmarks_of_type(STOP)}
    assert signs == {
        f"stop_{network.lanes[link.source].edge}"
        for links in network.links.values()
        for link in links
        if link.state in "sw" and not link.light and network.lanes[link.source].kind == "road"
    }
    assert MAPS[name].transform_to_geolocation(carla.Location(0, 0, 0)).latitude == 0


@pytest.mark.parametrize("name", TOWNS)
def test_signals_stand_at_the_stop_lines_of_routes(name: str) -> None:
    network = town(name).network
    for task in suite("training") + suite("testing") + suite("long"):
        if task.town != name:
            continue
        for stop in plan_route(network, task).stop_lines:
            x, y = stop.xy[0] - 5 * stop.heading[0], stop.xy[1] - 5 * stop.heading[1]
            before = MAPS[name].get_waypoint(carla.Location(x, y, 0.0))
            seen = {
                each.id: each.distance
                for each in before.get_landmarks_of_type(
                    15.0, LIGHT if stop.kind == "light" else STOP, False
                )
            }
            assert seen
            if stop.kind == "light":
                assert signal(stop) in seen
            assert min(seen.values()) == pytest.approx(5, abs=0.5)


def test_each_road_to_a_junction_has_lights_of_its_own() -> None:
    from xml.etree import ElementTree

    here = town("town101")
    root = ElementTree.fromstring(for_carla(here.opendrive, here.network))
    road_of = {
        light.attrib["id"]: road.attrib["id"]
        for road in root.iter("road")
        for light in road.iter("signal")
        if light.get("type") == LIGHT
    }
    seen = []
    for controller in root.findall("controller"):
        lights = [each.attrib["signalId"] for each in controller]
        assert len({road_of[light] for light in lights}) == 1
        seen += lights
    assert sorted(seen) == sorted(road_of)
    named = [each.attrib["id"] for each in root.findall("junction/controller")]
    assert sorted(named) == sorted(each.attrib["id"] for each in root.findall("controller"))


def test_what_is_no_opendrive_is_told() -> None:
    for text in ("", "<OpenDRIVE>", "<net/>", "<OpenDRIVE/>"):
        with pytest.raises(TownError, match="OpenDRIVE"):
            for_carla(text, town("town101").network)


def _through(route: Route, lanes: LaneMap) -> tuple[str, ...]:
    """Places on a route between junctions."""
    last = len(route.points) - 1
    middle = [
        at
        for at in range(30, last - 30, 30)
        if not any(lanes.fix(*route.points[at + off].tolist()).in_junction for off in (-8, 0, 8))
    ]
    return tuple(f"{x:.2f},{y:.2f}" for x, y in route.points[[0, *middle, last]])


@pytest.mark.parametrize("name", TOWNS)
def test_plans_the_same_route_through_places_as_over_roads(name: str) -> None:
    planner, network = Planner(carla, MAPS[name]), town(name).network
    for task in [each for each in (*suite("training"), *suite("testing")) if each.town == name][:3]:
        expected = plan_route(network, task)
        places = _through(expected, town(name).lanes)
        route = planner.plan(replace(task, edges=places))
        assert route.length == pytest.approx(expected.length, rel=0.005)
        off = [np.hypot(*(route.points - point).T).min() for point in expected.points[::5]]
        assert np.percentile(off, 90) < 0.7
        assert max(off) < 4.0  # lanes are changed elsewhere
        assert len(route.stop_lines) == len(expected.stop_lines)
        for one, other in zip(route.stop_lines, expected.stop_lines, strict=True):
            assert one.kind == other.kind
            assert one.position == pytest.approx(other.position, abs=1.0)
            assert math.dist(one.xy, other.xy) < 1.0
            assert np.dot(one.heading, other.heading) > 0.95
            assert one.light.rpartition("_")[0] == other.light
        chords = np.hypot(*np.diff(route.points, axis=0).T)
        assert (chords[:-1] > 0.95).all()
        assert (chords <= 1 + 1e-9).all()


def test_a_goal_behind_the_start_is_reached_around_the_block() -> None:
    planner, network = Planner(carla, MAPS["town101"]), town("town101").network
    lane = network.lanes[network.edges["n1_1-n1_2"].lanes[0]]
    line = Polyline(lane.shape)
    (ax, ay), (bx, by) = line.at(np.array([40.0, 20.0]))
    task = RouteTask("around", "Town", (f"{ax},{ay}", f"{bx},{by}"))
    route = planner.plan(task)
    assert route.length > 200
    assert math.dist(route.points[0], (ax, ay)) < 1
    assert math.dist(route.points[-1], (bx, by)) < 1


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ((), "needs a start and a goal"),
        (("10,10",), "needs a start and a goal|no road within"),
        (("n0_0-n0_1", "n0_1-n0_2"), "'n0_0-n0_1' is no place in CARLA's town 'Town'"),
        (("nan,0", "0,0"), "is no place"),
        (("1", "2"), "is no place"),
        (("1,2,3,4", "2"), "is no place"),
        (("5000,5000", "0,0"), "there is no road within 20 m"),
    ],
)
def test_places_that_lead_nowhere_are_told(edges: tuple[str, ...], message: str) -> None:
    with pytest.raises(TownError, match=message):
        Planner(carla, MAPS["town101"]).plan(RouteTask("r", "Town", edges))


def test_start_and_goal_at_the_same_place_are_told() -> None:
    lane = next(iter(town("town101").network.edges.values())).lanes[0]
    x, y = Polyline(town("town101").network.lanes[lane].shape).at(np.array([30.0]))[0]
    place = f"{x},{y}"
    with pytest.raises(TownError, match="it needs at least 10 m"):
        Planner(carla, MAPS["town101"]).plan(RouteTask("r", "Town", (place, place)))


def test_poses_are_the_same_in_both_worlds() -> None:
    for yaw in (-3.0, 0.0, 1.0, math.pi / 2, 3.1):
        pose = Pose(3.0, -4.0, yaw)
        transform = transform_of(carla, pose, 2.0)
        assert transform.location.z == 2.0
        assert pose_of(transform) == pytest.approx(pose, abs=1e-5)
        forward = transform.get_forward_vector()
        assert (forward.x, forward.y) == pytest.approx(pose.heading, abs=1e-5)


class Actor:
    """As much of CARLA's actor as a box needs."""

    def __init__(self, type_id: str, pose: Pose, extent: tuple[float, float], **attributes: str):
        self.id, self.type_id, self.attributes = 7, type_id, attributes
        self._transform = transform_of(carla, pose)
        self.bounding_box = carla.BoundingBox(
            carla.Location(0.2, 0.0, 0.7), carla.Vector3D(*extent, 0.7)
        )
        self.velocity = carla.Vector3D(3.0, 4.0, 9.0)

    def get_transform(self) -> "carla.Transform":
        return self._transform

    def get_velocity(self) -> "carla.Vector3D":
        return self.velocity


def test_a_box_has_the_corners_that_carla_says() -> None:
    actor = Actor("vehicle.audi.tt", Pose(10.0, 20.0, 0.7), (2.1, 1.0), number_of_wheels="4")
    box = box_of(actor)
    assert (box.half_length, box.half_width) == pytest.approx((2.1, 1.0))
    theirs = {
        (round(each.x, 3), round(each.y, 3))
        for each in actor.bounding_box.get_world_vertices(actor.get_transform())
    }
    for x, y in box.corners():
        assert min(math.dist((x, y), each) for each in theirs) < 2e-3
    assert box.speed == pytest.approx(3 * math.cos(0.7) + 4 * math.sin(0.7))
    assert (box.kind, box.id, box.number) == ("vehicle", "7", 7)


def test_kinds_and_sizes_of_actors() -> None:
    pose = Pose(0.0, 0.0, 0.0)
    assert box_of(Actor("walker.pedestrian.0001", pose, (0.0, 0.0))) == Box(
        Pose(pytest.approx(0.2), 0.0, 0.0), 0.25, 0.25, 3.0, "pedestrian", "7", 7
    )
    for attributes in ({"base_type": "bicycle"}, {"number_of_wheels": "2"}):
        assert box_of(Actor("vehicle.x.y", pose, (0.9, math.nan), **attributes)).kind == "bicycle"


def test_controls_are_cut_to_their_range() -> None:
    given = control_of(carla, Control(-2.0, 1.5, -1.0))
    assert (given.steer, given.throttle, given.brake) == (-1.0, 1.0, 0.0)
    assert not given.reverse
    for control in (Control(math.nan), Control(0.0, math.inf)):
        with pytest.raises(ValueError, match="must be finite"):
            control_of(carla, control)


def test_states_of_lights() -> None:
    states = carla.TrafficLightState
    found = [light_of(carla, each) for each in (states.Red, states.Yellow, states.Green)]
    assert found == ["red", "yellow", "green"]
    assert light_of(carla, states.Off) == light_of(carla, states.Unknown) == "off"
