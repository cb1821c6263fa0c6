"""Network: the lanes, junctions and crossings of a town, read from SUMO's file."""

from __future__ import annotations

import gzip
import lzma
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

from langprop.errors import TownError

Points = tuple[tuple[float, float], ...]

LaneKind = Literal["road", "junction", "sidewalk", "crossing", "walking_area", "other"]

_WIDTH = 3.2  # [m] of a lane whose width isn't written (SUMO's default)
_FARTHEST = 1e8  # [m]; maps that were projected have coordinates of up to 1e7
_VEHICLE = "passenger"  # SUMO's name for the class of vehicles that we drive


@dataclass(frozen=True)
class Lane:
    """A strip of ground on which traffic moves in one direction.

    Attributes:
        id: Its name in SUMO.
        edge: Name of the edge that it belongs to.
        index: Its number among the lanes of the edge, from the right; sidewalks count.
        length: As SUMO counts it [m]; its shape may be a little shorter.
        speed: Limit [m/s].
        width: [m].
        shape: Centre line in the direction of traffic; the outline, if it's a walking area [m].
        kind: "road" and "junction" are for motor vehicles, between and inside of junctions;
            "other" is for bicycles, trams and so on.
    """

    id: str
    edge: str
    index: int
    length: float
    speed: float
    width: float
    shape: Points
    kind: LaneKind

    @property
    def drivable(self) -> bool:
        """Whether it's for motor vehicles."""
        return self.kind in ("road", "junction")


@dataclass(frozen=True)
class Link:
    """A way from the end of a lane into another lane.

    Attributes:
        source: Name of the lane that it leaves.
        target: Name of the lane that it ends in.
        via: Name of the lane inside the junction that it takes first; "" without one.
        light: Name of the traffic light that rules it; "" without one.
        index: Which of the light's lamps; 0 without a light.
        direction: SUMO's letter: s straight, l and L left, r and R right, t turn around.
        state: SUMO's letter for the right of way: M major, m minor, = equal, s stop, w all-way
            stop, o and O lights.
    """

    source: str
    target: str
    via: str
    light: str
    index: int
    direction: str
    state: str


@dataclass(frozen=True)
class Edge:
    """A road from one junction to the next, in one direction.

    Attributes:
        id: Its name in SUMO.
        source: Name of the junction that it leaves.
        target: Name of the junction that it leads to.
        lanes: Names of its lanes for motor vehicles, the rightmost first.
        sidewalks: Names of its sidewalks.
    """

    id: str
    source: str
    target: str
    lanes: tuple[str, ...]
    sidewalks: tuple[str, ...]


@dataclass(frozen=True)
class Junction:
    """Where roads meet.

    Attributes:
        id: Its name in SUMO.
        type: SUMO's word: traffic_light, allway_stop, priority_stop, priority, dead_end …
        x: East [m].
        y: South [m].
        shape: Outline [m]; empty where SUMO gives none.
    """

    id: str
    type: str
    x: float
    y: float
    shape: Points


@dataclass(frozen=True, eq=False)
class Network:
    """The roads of a town. SUMO's y points north; here, as everywhere, it points south.

    Attributes:
        lanes: Every lane, by name.
        edges: The roads between junctions that have a lane for motor vehicles, by name.
        junctions: Every junction, by name.
        links: Where one can drive from a lane, by the name of the lane; without entry at a dead
            end.
        bounds: Least x, least y, greatest x, greatest y [m].
    """

    lanes: Mapping[str, Lane]
    edges: Mapping[str, Edge]
    junctions: Mapping[str, Junction]
    links: Mapping[str, tuple[Link, ...]]
    bounds: tuple[float, float, float, float]

    @classmethod
    def read(cls, path: str | Path) -> Network:
        """Read a network of SUMO: `.net.xml`, also compressed as `.gz` or `.xz`.

        Raises:
            TownError: There is no such file, it's damaged, or it holds no network, or one without a
                road for motor vehicles.
        """
        path = Path(path)
        root = _root(path)
        try:
            return _network(root, path)
        except TownError:
            raise
        except (KeyError, ValueError, TypeError) as error:
            raise TownError(
                f"{path} is no network that SUMO could have written: {type(error).__name__} "
                f"{error}; make it anew with netconvert."
            ) from error

    def exits(self, edge: str) -> tuple[str, ...]:
        """Names of the edges that one can drive to from the end of another, in a fixed order."""
        return self._exits[edge]

    @cached_property
    def _exits(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, set[str]] = {edge: set() for edge in self.edges}
        for edge in self.edges.values():
            for lane in edge.lanes:
                for link in self.links.get(lane, ()):
                    found[edge.id].add(self.lanes[link.target].edge)
        return {edge: tuple(sorted(exits)) for edge, exits in found.items()}

    def inside(self, link: Link) -> tuple[str, ...]:
        """Names of the lanes that a link takes inside its junction, in order.

        There may be several: a left turn has one before and one behind the place where it waits.
        """
        found: list[str] = []
        via = link.via
        while via and via not in found:
            found.append(via)
            ways = [way for way in self.links.get(via, ()) if way.target == link.target]
            via = ways[0].via if ways else ""
        return tuple(found)

    def opposite(self, edge: str) -> str:
        """Name of the edge on the other side of the road; "" without one."""
        here = self.edges[edge]
        both = (here.target, here.source)
        return next((each.id for each in self.edges.values() if _ends(each) == both), "")

    def length(self, edge: str) -> float:
        """Metres of an edge's first lane."""
        return self.lanes[self.edges[edge].lanes[0]].length


def _ends(edge: Edge) -> tuple[str, str]:
    return edge.source, edge.target


def _root(path: Path) -> ElementTree.Element:
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        elif path.suffix == ".xz":
            data = lzma.decompress(data)
        root = ElementTree.fromstring(data)  # noqa: S314 - expat itself refuses entity bombs
    except FileNotFoundError as error:
        raise TownError(f"there is no file {path}.") from error
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise TownError(f"{path} can't be read: {error}.") from error
    except (ElementTree.ParseError, ValueError) as error:
        raise TownError(f"{path} is no XML, or only a part of it: {error}.") from error
    if root.tag != "net":
        raise TownError(
            f"{path} holds <{root.tag}> and no network of SUMO (<net>); netconvert makes one."
        )
    return root


def _network(root: ElementTree.Element, path: Path) -> Network:
    lanes: dict[str, Lane] = {}
    edges: dict[str, Edge] = {}
    for element in root.iter("edge"):
        function = element.get("function", "normal")
        here = [_lane(each, element.attrib["id"], function) for each in element.iter("lane")]
        lanes.update((lane.id, lane) for lane in here)
        roads = tuple(lane.id for lane in here if lane.kind == "road")
        if roads:
            name = element.attrib["id"]
            walks = tuple(lane.id for lane in here if lane.kind == "sidewalk")
            ends = element.attrib["from"], element.attrib["to"]
            edges[name] = Edge(name, *ends, roads, walks)
    if not edges:
        raise TownError(f"{path} {_without_roads(lanes)}")
    junctions = {
        element.attrib["id"]: _junction(element)
        for element in root.iter("junction")
        if element.get("type") != "internal"  # where a left turn waits
    }
    return Network(lanes, edges, junctions, _links(root, lanes), _bounds(lanes))


def _without_roads(lanes: Mapping[str, Lane]) -> str:
    """What a network without a road for motor vehicles lacks, in words."""
    if not lanes:
        return (
            "is an empty network: it holds no <edge> with a <lane>. A town needs at least one road "
            "for motor vehicles; make the file anew with netconvert, and look at what it warns of."
        )
    kinds = sorted({lane.kind for lane in lanes.values()})
    return (
        f"has no road for motor vehicles: SUMO's class {_VEHICLE!r} may drive on none of its lanes "
        f"between junctions (all lanes: {len(lanes)}; kinds: {', '.join(kinds)}). A town "
        "needs at least one: see the lanes' allow and disallow, or make the file anew with "
        "netconvert from roads for cars."
    )


def _lane(element: ElementTree.Element, edge: str, function: str) -> Lane:
    given = element.attrib
    shape = _shape(given["shape"])
    length = _number(given["length"])
    kind = _kind(function, given.get("allow", ""), given.get("disallow", ""))
    # In junctions, SUMO itself writes lanes whose two points are one.
    if len(shape) < 2 or (kind == "road" and (length <= 0.0 or len(set(shape)) < 2)):
        raise ValueError(f"lane {given['id']} has no length")
    return Lane(
        id=given["id"],
        edge=edge,
        index=int(given["index"]),
        length=length,
        speed=_number(given["speed"]),
        width=_number(given.get("width", _WIDTH)),
        shape=shape,
        kind=kind,
    )


def _kind(function: str, allow: str, disallow: str) -> LaneKind:
    if function == "crossing":
        return "crossing"
    if function == "walkingarea":
        return "walking_area"
    allowed = allow.split()
    if _VEHICLE in allowed or "all" in allowed:
        driven = True
    else:
        driven = not allow and _VEHICLE not in disallow.split() and disallow != "all"
    if function == "internal":
        return "junction" if driven else "other"
    if function != "normal":  # "connector" of macroscopic models
        return "other"
    if driven:
        return "road"
    return "sidewalk" if "pedestrian" in allowed else "other"


def _junction(element: ElementTree.Element) -> Junction:
    given = element.attrib
    return Junction(
        id=given["id"],
        type=given["type"],
        x=_number(given["x"]),
        y=0.0 - _number(given["y"]),
        shape=_shape(given.get("shape", "")),
    )


def _links(root: ElementTree.Element, lanes: Mapping[str, Lane]) -> dict[str, tuple[Link, ...]]:
    """The ways for motor vehicles."""
    found: dict[str, list[Link]] = {}
    for element in root.iter("connection"):
        given = element.attrib
        source = f"{given['from']}_{given['fromLane']}"
        target = f"{given['to']}_{given['toLane']}"
        if not (lanes[source].drivable and lanes[target].drivable):
            continue
        via = given.get("via", "")
        light = given.get("tl", "")
        link = Link(
            source=source,
            target=target,
            via=lanes[via].id if via else "",
            light=light,
            index=int(given["linkIndex"]) if light else 0,
            direction=given.get("dir", "s"),
            state=given.get("state", "M"),
        )
        found.setdefault(source, []).append(link)
    return {source: tuple(links) for source, links in found.items()}


def _shape(text: str) -> Points:
    """Points of a shape, y turned to the south."""
    points: list[tuple[float, float]] = []
    for point in text.split():
        x, y = point.split(",")[:2]  # a third number is the height
        points.append((_number(x), 0.0 - _number(y)))
    return tuple(points)


def _number(text: str | float) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number")
    if abs(number) > _FARTHEST:
        raise ValueError(f"{text} is farther away than any place on earth")
    return number


def _bounds(lanes: Mapping[str, Lane]) -> tuple[float, float, float, float]:
    xs = [x for lane in lanes.values() for x, _ in lane.shape]
    ys = [y for lane in lanes.values() for _, y in lane.shape]
    return min(xs), min(ys), max(xs), max(ys)
