import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.driving.maps.network import Edge, Lane, Link, Network
from langprop.driving.maps.polyline import Polyline, blend
from langprop.driving.maps.routing import plan_route, random_edges
from langprop.driving.maps.suites import NAMES, suite
from langprop.driving.maps.towns import town
from langprop.driving.route import Route
from langprop.driving.task import RouteTask
from langprop.errors import TownError

ROAD = ("n2_2-n3_2", "n3_2-n4_2")


def _task(*edges: str, start: float = 12.0, end: float = 12.0) -> RouteTask:
    return RouteTask("r", "town103", edges, start=start, end=end)


def _check(route: Route, network: Network) -> None:
    """What holds for every route."""
    count = len(route.points)
    assert route.points.shape == route.directions.shape == (count, 2)
    assert route.positions.shape == (count,)
    assert route.positions[0] == 0
    steps = np.diff(route.positions)
    assert np.allclose(steps[:-1], 1)
    assert 0 < steps[-1] <= 1 + 1e-9
    chords = np.hypot(*np.diff(route.points, axis=0).T)
    assert (chords <= steps + 1e-9).all()
    assert (chords >= 0.97 * steps).all()
    assert np.allclose(np.hypot(*route.directions.T), 1)
    angles = np.unwrap(np.arctan2(route.directions[:, 1], route.directions[:, 0]))
    assert np.degrees(np.abs(np.diff(angles))).max() < 15  # a radius of about 4 m
    ahead = (np.diff(route.points, axis=0) * route.directions[:-1]).sum(axis=1)
    assert (ahead > 0.97 * chords).all()
    assert all(network.lanes[lane].drivable for lane in route.lanes)
    positions = [stop.position for stop in route.stop_lines]
    assert positions == sorted(positions)
    for stop in route.stop_lines:
        assert 3 < stop.position < route.length
        there = [np.interp(stop.position, route.positions, each) for each in route.points.T]
        assert math.dist(there, stop.xy) < 0.15
        direction = route.directions[round(stop.position)]
        assert np.dot(direction, stop.heading) > 0.97
        assert (stop.kind == "light") == bool(stop.light)


@pytest.mark.parametrize("name", NAMES)
def test_routes_of_the_suites_can_be_driven(name: str) -> None:
    for task in suite(name):
        network = town(task.town).network
        _check(plan_route(network, task), network)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_random_routes_can_be_driven(seed: int) -> None:
    network = town("town204").network
    edges = random_edges(network, random.Random(seed), 200, 600, controlled=1, lights=0)
    assert len(set(edges)) == len(edges)
    route = plan_route(network, _task(*edges))
    assert 200 <= route.length <= 600
    assert len(route.stop_lines) >= 1
    _check(route, network)


def test_random_routes_keep_to_their_lengths_and_lights() -> None:
    network = town("town101").network
    seen = set()
    for seed in range(5):
        edges = random_edges(network, random.Random(seed), 300, 500, controlled=3, lights=2)
        assert edges == random_edges(network, random.Random(seed), 300, 500, controlled=3, lights=2)
        stops = plan_route(network, _task(*edges)).stop_lines
        assert len(stops) >= 3
        assert sum(stop.kind == "light" for stop in stops) >= 2
        seen.add(edges)
    assert len(seen) == 5


def test_a_town_without_such_a_route_is_told() -> None:
    with pytest.raises(TownError, match="no route of 1 to 20 m"):
        random_edges(town("town101").network, random.Random(1), 1, 20)


def _lane(edge: str, index: int, *shape: tuple[float, float], inner: bool = False) -> Lane:
    length = Polyline(shape).length
    kind = "junction" if inner else "road"
    return Lane(f"{edge}_{index}", edge, index, length, 8.0, 3.5, shape, kind)


def _two_lanes(state: str = "M", light: str = "") -> Network:
    """Two roads with two lanes each; the second is only reached from the left lane of the first."""
    lanes = [
        _lane("a", 1, (0, 0), (100, 0)),
        _lane("a", 2, (0, -3.5), (100, -3.5)),
        _lane(":j", 0, (100, -3.5), (110, -3.5), inner=True),
        _lane(":j", 1, (110, -3.5), (120, -3.5), inner=True),
        _lane("b", 1, (120, -3.5), (200, -3.5)),
        _lane("z", 1, (-50, 0), (-10, 0)),
        _lane(":i", 0, (-10, 0), (0, 0), inner=True),
    ]
    links = {
        "a_2": (Link("a_2", "b_1", ":j_0", light, 4, "s", state),),
        ":j_0": (Link(":j_0", "b_1", ":j_1", "", 0, "s", "M"),),
        ":j_1": (Link(":j_1", "b_1", "", "", 0, "s", "M"),),
        "z_1": (Link("z_1", "a_1", ":i_0", "", 0, "s", "M"),),
        ":i_0": (Link(":i_0", "a_1", "", "", 0, "s", "M"),),
    }
    edges = {
        "a": Edge("a", "i", "j", ("a_1", "a_2"), ()),
        "b": Edge("b", "j", "k", ("b_1",), ()),
        "z": Edge("z", "h", "i", ("z_1",), ()),
    }
    return Network({lane.id: lane for lane in lanes}, edges, {}, links, (0, 0, 200, 0))


def test_a_route_starts_in_the_lane_that_leads_on() -> None:
    route = plan_route(_two_lanes(), _task("a", "b"))
    assert np.allclose(route.points[:, 1], -3.5)
    assert route.points[0] == pytest.approx((12, -3.5))
    assert route.length == pytest.approx(200 - 24)
    assert route.points[-1] == pytest.approx((188, -3.5))
    assert route.lanes == {"a_2", ":j_0", ":j_1", "b_1"}
    assert route.stop_lines == ()


def test_a_route_changes_lanes_between_junctions() -> None:
    route = plan_route(_two_lanes(), _task("z", "a", "b", start=0, end=0))
    x, y = route.points.T
    assert np.allclose(y[x <= 8], 0, atol=1e-6)
    assert np.allclose(y[x >= 36], -3.5, atol=1e-6)  # 8 m along, and 28 m for the change
    assert (np.diff(y) <= 1e-9).all()
    assert np.degrees(np.arcsin(np.abs(route.directions[:, 1]))).max() < 12
    assert route.lanes == {"z_1", ":i_0", "a_1", "a_2", ":j_0", ":j_1", "b_1"}


def test_stop_lines_stand_at_the_ends_of_lanes() -> None:
    (stop,) = plan_route(_two_lanes("o", "tl"), _task("a", "b")).stop_lines
    assert (stop.kind, stop.light, stop.link) == ("light", "tl", 4)
    assert stop.position == pytest.approx(88)
    assert stop.xy == pytest.approx((100, -3.5))
    assert stop.heading == pytest.approx((1, 0))
    assert stop.half_width == 1.75
    for state in "sw":
        (stop,) = plan_route(_two_lanes(state), _task("a", "b")).stop_lines
        assert (stop.kind, stop.light) == ("stop", "")
    for state in "Mm=":
        assert plan_route(_two_lanes(state), _task("a", "b")).stop_lines == ()


def test_a_line_on_which_one_starts_does_not_count() -> None:
    network = _two_lanes("s")
    assert len(plan_route(network, _task("a", "b", start=96)).stop_lines) == 1
    assert len(plan_route(network, _task("a", "b", start=98)).stop_lines) == 0
    assert len(plan_route(network, _task("a", "b", start=105)).stop_lines) == 0
    assert len(plan_route(network, _task("a", "b", end=101)).stop_lines) == 0


def test_a_route_on_one_road() -> None:
    route = plan_route(town("town103").network, _task(ROAD[0], start=5, end=5))
    assert route.length > 30
    assert len(route.lanes) == 1


def test_a_route_may_come_back() -> None:
    network = town("town103").network
    ring = ["n2_2-n1_2"]
    while len(ring) < 40:  # any walk that is long enough takes a road twice
        ring.append(network.exits(ring[-1])[-1])
    route = plan_route(network, _task(*ring))
    assert route.length > 2_000
    _check(route, network)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (_task(), "names no road"),
        (_task("n2_2-n3_Z"), r"no road 'n2_2-n3_Z' for cars. The nearest: n2_2-n3_2"),
        (_task("?"), r"no road '\?' for cars. Some that it has: n0_0-n0_1, "),
        (_task(ROAD[0], ROAD[0]), "has no path: .* doesn't lead to .*leads only to n"),
        (_task(ROAD[0], "n3_2-n2_2"), "has no path"),
        (_task(*ROAD, start=500), "has 0 m between its start and its end"),
        (_task(ROAD[0], start=40, end=40), "needs at least 10 m"),
        (_task(*ROAD, start=math.nan), "start of route 'r' must be a length"),
        (_task(*ROAD, end=-1.0), "end of route 'r' must be a length"),
        (_task(*ROAD, start=math.inf), "start of route"),
    ],
)
def test_a_route_without_a_path_is_told(task: RouteTask, message: str) -> None:
    with pytest.raises(TownError, match=message):
        plan_route(town("town103").network, task)


def test_a_road_that_leads_nowhere_is_told() -> None:
    with pytest.raises(TownError, match="it leads nowhere"):
        plan_route(_two_lanes(), _task("b", "a"))


POINTS = st.lists(
    st.tuples(st.floats(-100, 100), st.floats(-100, 100)), min_size=2, max_size=12
).filter(lambda points: any(math.dist(points[0], point) > 0.1 for point in points))


@settings(max_examples=60, deadline=None)
@given(points=POINTS, share=st.floats(0, 1))
def test_a_polyline_is_measured_along_itself(
    points: list[tuple[float, float]], share: float
) -> None:
    line = Polyline(tuple(points))
    assert (np.diff(line.positions) > 0).all()
    assert line.at(np.array([0.0, line.length])) == pytest.approx(line.points[[0, -1]])
    place = share * line.length
    (x, y), (u, v) = line.at(np.array([place]))[0], line.directions(np.array([place]))[0]
    assert math.hypot(u, v) == pytest.approx(1)
    shapely = pytest.importorskip("shapely")
    there = shapely.LineString(line.points).interpolate(place)
    assert (x, y) == pytest.approx((there.x, there.y), abs=1e-6)


def test_a_line_needs_two_points() -> None:
    for points in ((), ((1.0, 1.0),), ((1.0, 1.0), (1.0, 1.0))):
        with pytest.raises(ValueError, match="two different points"):
            Polyline(points)


def test_a_lane_change_begins_on_one_line_and_ends_on_the_other() -> None:
    line = np.array(blend(((0, 0), (60, 0)), ((0, 4), (60, 4)), 10, 40))
    assert line[0] == pytest.approx((0, 0))
    assert line[-1] == pytest.approx((60, 4))
    x, y = line.T
    assert np.allclose(y[x <= 10], 0)
    assert np.allclose(y[x >= 40], 4)
    assert (np.diff(x) > 0).all()
