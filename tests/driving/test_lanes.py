import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.driving.box import wrap
from langprop.driving.maps.lanes import LaneMap
from langprop.driving.maps.network import Junction, Lane, Network
from langprop.driving.maps.towns import town

shapely = pytest.importorskip("shapely")

TOWN = "town202"


@pytest.fixture(scope="module")
def lanes() -> LaneMap:
    return LaneMap(town(TOWN).network)


class Slow:
    """The same by shapely, over all lanes."""

    def __init__(self, network: Network) -> None:
        self.lanes = [lane for lane in network.lanes.values() if lane.drivable]
        self.lines = np.array([shapely.LineString(lane.shape) for lane in self.lanes])
        self.half = np.array([lane.width / 2 for lane in self.lanes])
        self.junctions = shapely.union_all(
            [shapely.Polygon(each.shape) for each in network.junctions.values() if each.shape]
        )

    def beyond(self, x: float, y: float) -> np.ndarray:
        return shapely.distance(self.lines, shapely.Point(x, y)) - self.half

    def edge(self, x: float, y: float) -> float:
        """Distance from the edge of the nearest junction."""
        return shapely.Point(x, y).distance(self.junctions.boundary)

    def inside(self, x: float, y: float) -> bool:
        return bool(shapely.Point(x, y).within(self.junctions))


SLOW = Slow(town(TOWN).network)
WEST, NORTH, EAST, SOUTH = town(TOWN).network.bounds


@settings(max_examples=300, deadline=None)
@given(x=st.floats(WEST - 30, EAST + 30), y=st.floats(NORTH - 30, SOUTH + 30))
def test_agrees_with_a_search_through_all_lanes(lanes: LaneMap, x: float, y: float) -> None:
    fix = lanes.fix(x, y)
    every = SLOW.beyond(x, y)
    least = every.min()
    if SLOW.edge(x, y) > 1e-6:
        assert fix.in_junction == SLOW.inside(x, y)
    if least >= 20:
        assert fix.beyond == (0 if fix.in_junction else 20)
        assert fix.heading is None
        assert fix.lane == ""
    else:
        expected = min(0.0, least) if fix.in_junction else least
        assert fix.beyond == pytest.approx(expected, abs=1e-6)
        number = [lane.id for lane in SLOW.lanes].index(fix.lane)
        assert every[number] == pytest.approx(least, abs=1e-6)


@settings(max_examples=150, deadline=None)
@given(
    where=st.integers(0, len(SLOW.lanes) - 1),
    share=st.floats(0.05, 0.95),
    side=st.floats(-0.9, 0.9),
    yaw=st.floats(-10, 10),
)
def test_where_lanes_overlap_takes_the_one_that_leads_most_nearly_there(
    lanes: LaneMap, where: int, share: float, side: float, yaw: float
) -> None:
    line = SLOW.lines[where]
    place, ahead = (
        line.interpolate(share, normalized=True),
        line.interpolate(min(1, share + 1e-3), normalized=True),
    )
    heading = math.atan2(ahead.y - place.y, ahead.x - place.x)
    off = side * SLOW.half[where]
    x, y = place.x - math.sin(heading) * off, place.y + math.cos(heading) * off
    fix = lanes.fix(x, y, yaw)
    every = SLOW.beyond(x, y)
    assert fix.heading is not None
    number = [lane.id for lane in SLOW.lanes].index(fix.lane)
    assert every[number] <= 1e-6 or every[number] == pytest.approx(every.min(), abs=1e-6)
    if every[where] < -1e-6:  # at bends, the inner side may lie in another piece of the lane
        turned = min(
            abs(wrap(piece - yaw)) for piece in _headings(SLOW.lanes[where], x, y, SLOW.half[where])
        )
        assert abs(wrap(fix.heading - yaw)) <= turned + 1e-6


def _headings(lane: Lane, x: float, y: float, half: float) -> list[float]:
    """Of those pieces of a lane that hold a point."""
    found = []
    for a, b in zip(lane.shape[:-1], lane.shape[1:], strict=True):
        if shapely.LineString([a, b]).distance(shapely.Point(x, y)) <= half:
            found.append(math.atan2(b[1] - a[1], b[0] - a[0]))
    return found


def _network(*lanes: Lane, junction: tuple[tuple[float, float], ...] = ()) -> Network:
    junctions = {"j": Junction("j", "priority", 0, 0, junction)} if junction else {}
    return Network({lane.id: lane for lane in lanes}, {}, junctions, {}, (0, 0, 0, 0))


def _lane(name: str, *shape: tuple[float, float], width: float = 4.0) -> Lane:
    return Lane(name, name, 0, 1.0, 8.0, width, shape, "road")


def test_two_directions_of_a_road() -> None:
    lanes = LaneMap(_network(_lane("east", (0, 2), (100, 2)), _lane("west", (100, -2), (0, -2))))
    fix = lanes.fix(50, 1)
    assert (fix.lane, fix.heading, fix.beyond, fix.in_junction) == ("east", 0, -1, False)
    fix = lanes.fix(50, -1.5, yaw=0)  # whoever drives east here is on the wrong side
    assert fix.lane == "west"
    assert fix.heading == pytest.approx(-math.pi)
    assert lanes.fix(50, 5.5).beyond == pytest.approx(1.5)
    assert lanes.fix(-3, 2).beyond == pytest.approx(1)  # before its beginning
    assert lanes.fix(50, 24.1).lane == ""
    assert lanes.fix(50, 23.9).lane == "east"


def test_inside_a_junction_nothing_is_beyond_the_lanes() -> None:
    square = ((40.0, -10.0), (60.0, -10.0), (60.0, 10.0), (40.0, 10.0))
    lanes = LaneMap(_network(_lane("east", (0, 0), (100, 0)), junction=square))
    assert lanes.fix(50, 9).beyond == 0
    assert lanes.fix(50, 9).in_junction
    assert lanes.fix(39.9, 9).beyond == pytest.approx(7)
    assert not lanes.fix(50, 10.1).in_junction


def test_far_away_and_without_lanes_there_is_nothing() -> None:
    for network in (_network(_lane("east", (0, 0), (9, 0))), _network()):
        fix = LaneMap(network).fix(1e6, -1e6, 0.0)
        assert (fix.beyond, fix.heading, fix.in_junction, fix.lane) == (20, None, False, "")


def test_a_lane_with_points_that_repeat() -> None:
    lanes = LaneMap(_network(_lane("east", (0, 0), (0, 0), (9, 0), (9, 0))))
    assert lanes.fix(4, 0).heading == 0


@pytest.mark.parametrize("point", [(math.nan, 0), (0, math.nan), (math.inf, 0), (0, -math.inf)])
def test_a_point_that_is_nowhere_is_told(lanes: LaneMap, point: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="isn't finite"):
        lanes.fix(*point)
