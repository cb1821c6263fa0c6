"""Plan: the streets of a made-up town, drawn from a seed."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

_T = TypeVar("_T")

Place = tuple[int, int]  # column and row in the grid
Point = tuple[float, float]  # east, north [m], as SUMO has it

_BLOCK = (85.0, 135.0)  # [m] between two columns or rows
_SHIFT = 9.0  # [m] by which a junction lies off the grid at most
_DROPPED = 0.18  # share of the streets that one tries to leave out
_CURVED = 0.3  # share of the lesser streets that are curved
_BULGE = 0.09  # greatest offset of a curve, as a share of its chord
_TIGHTEST = 30.0  # [m] least radius of a curve
_LEAD = 20.0  # [m] of a curve's ends that are straight, so that junctions aren't askew
_PIECE = 4.0  # [m] of a curve that are straight; it bends by less than 8° from one to the next
_CORNER = 9.0  # [m] radius of kerbs; 6 m makes right turns of 3 m, too tight to drive
_ARC = 18.0  # [m] radius of the middle of a street that bends
_ANGLE = math.radians(7)  # between two pieces of an arc, at most
_STRAIGHT = math.radians(2)  # below which two streets need no arc between them
_LIGHTS = {0: 0.4, 1: 0.7, 2: 0.7, 3: 0.95, 4: 1.0}  # share, by the number of main streets' arms
_STOPS = 0.88  # share of all-way or side-street stops among junctions without lights

_WIDTH, _SIDEWALK = 3.5, 2.0  # [m]
_MAIN = (2, 13.89, 3)  # lanes in a direction, limit [m/s], right of way
_LESSER = ((1, 8.33, 1), (1, 11.11, 1))


@dataclass(frozen=True)
class Street:
    """A street between two junctions, for both directions.

    Attributes:
        ends: Where it begins and ends in the grid.
        main: Whether it's wide, and has the right of way.
    """

    ends: tuple[Place, Place]
    main: bool


@dataclass(frozen=True)
class Plan:
    """The streets of a town, in netconvert's plain XML.

    Attributes:
        nodes: The junctions.
        edges: The streets, each direction of its own.
    """

    nodes: str
    edges: str

    @classmethod
    def draw(cls, seed: int, size: int = 5) -> Plan:
        """Draw a grid of size × size junctions, bent, thinned out, with main streets.

        Only `Random.random` is used, whose numbers no version of Python changes.

        Args:
            seed: The same seed gives the same town.
            size: Junctions in a column and in a row, at least 3.

        Raises:
            ValueError: The size is too small.
        """
        if size < 3:
            raise ValueError(f"size must be at least 3, but got {size}.")
        rng = random.Random(seed)  # noqa: S311 - a street plan is no secret
        corners = _corners(rng, size)
        streets = _thinned(rng, _grid(rng, size))
        types = _types(rng, corners, streets)
        bends = _bends(streets, corners)
        lines = [_line(rng, street, corners, bends) for street in streets]
        edges = [edge for each in zip(streets, lines, strict=True) for edge in _edges(rng, *each)]
        places = corners | {place: bend.middle for place, bend in bends.items()}
        nodes = [
            f'<node id="{_name(place)}" x="{x:.2f}" y="{y:.2f}" type="{types[place]}" '
            f'radius="{_CORNER:g}"/>'
            for place, (x, y) in places.items()
        ]
        return cls(_document("nodes", nodes), _document("edges", edges))


def _document(tag: str, lines: Iterable[str]) -> str:
    return "\n".join([f"<{tag}>", *lines, f"</{tag}>", ""])


def _name(place: Place) -> str:
    return f"n{place[0]}_{place[1]}"


def _between(rng: random.Random, low: float, high: float) -> float:
    return low + (high - low) * rng.random()


def _shuffled(rng: random.Random, items: Sequence[_T]) -> list[_T]:
    """In random order (`Random.shuffle` may differ between versions of Python)."""
    keyed = [(rng.random(), number) for number in range(len(items))]
    return [items[number] for _, number in sorted(keyed)]


def _corners(rng: random.Random, size: int) -> dict[Place, Point]:
    xs, ys = [0.0], [0.0]
    for lines in (xs, ys):
        for _ in range(size - 1):
            lines.append(lines[-1] + _between(rng, *_BLOCK))
    return {
        (column, row): (
            xs[column] + _between(rng, -_SHIFT, _SHIFT),
            ys[row] + _between(rng, -_SHIFT, _SHIFT),
        )
        for column in range(size)
        for row in range(size)
    }


def _grid(rng: random.Random, size: int) -> list[Street]:
    """Every street of the grid; a third of its columns and rows are main streets."""
    count = max(1, size // 3)
    columns = set(_shuffled(rng, range(size))[:count])
    rows = set(_shuffled(rng, range(size))[:count])
    streets = []
    for column in range(size):
        for row in range(size):
            here = (column, row)
            if column + 1 < size:
                streets.append(Street((here, (column + 1, row)), row in rows))
            if row + 1 < size:
                streets.append(Street((here, (column, row + 1)), column in columns))
    return streets


def _thinned(rng: random.Random, streets: list[Street]) -> list[Street]:
    """Without some lesser streets; every junction keeps two, and all stay connected."""
    lesser = _shuffled(rng, [street for street in streets if not street.main])
    kept = streets
    for street in lesser[: int(_DROPPED * len(streets))]:
        rest = [each for each in kept if each is not street]
        if min(_arms(rest).values()) >= 2 and _connected(rest):
            kept = rest
    return kept


def _arms(streets: Iterable[Street]) -> dict[Place, int]:
    """How many streets meet at each place."""
    count: dict[Place, int] = {}
    for street in streets:
        for end in street.ends:
            count[end] = count.get(end, 0) + 1
    return count


def _connected(streets: Iterable[Street]) -> bool:
    near: dict[Place, list[Place]] = {}
    for a, b in (street.ends for street in streets):
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    first = next(iter(near))
    seen, waiting = {first}, [first]
    while waiting:
        new = [place for place in near[waiting.pop()] if place not in seen]
        seen.update(new)
        waiting += new
    return len(seen) == len(near)


def _types(
    rng: random.Random, places: Iterable[Place], streets: Sequence[Street]
) -> dict[Place, str]:
    """What rules each junction: lights, stop signs, or the right of way alone."""
    arms = _arms(streets)
    main = _arms(street for street in streets if street.main)
    types: dict[Place, str] = {}
    for place in places:
        light, stop = rng.random(), rng.random()
        wide = main.get(place, 0)
        if arms[place] < 3:
            types[place] = "priority"
        elif light < _LIGHTS[wide]:
            types[place] = "traffic_light"
        elif stop < _STOPS:
            types[place] = "priority_stop" if wide else "allway_stop"
        else:
            types[place] = "priority"
    return types


def _line(
    rng: random.Random, street: Street, corners: Mapping[Place, Point], bends: Mapping[Place, _Bend]
) -> list[Point]:
    """The middle of a street: a quarter of a bend, a line or a bow, and a bend again."""
    a, b = street.ends
    bent, bulge = rng.random(), rng.random()
    first = bends[a].arc(corners[b]) if a in bends else [corners[a]]
    last = bends[b].arc(corners[a])[::-1] if b in bends else [corners[b]]
    between = []
    if not street.main and bent < _CURVED:
        between = _bow(first[-1], last[0], _BULGE * (2 * bulge - 1))
    return [*first, *between, *last]


def _bow(a: Point, b: Point, bulge: float) -> list[Point]:
    """A bow that leaves and meets its chord along the chord; without the ends."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = math.hypot(dx, dy)
    count = max(2, round(length / _PIECE))
    lead = min(0.25, _LEAD / length)
    most = (length * (1 - 2 * lead)) ** 2 / (2 * math.pi**2 * _TIGHTEST * length)
    bulge = max(-most, min(most, bulge))
    points = []
    for number in range(1, count):
        share = number / count
        phase = (share - lead) / (1 - 2 * lead)
        if 0 < phase < 1:
            off = bulge * math.sin(math.pi * phase) ** 2
            points.append((a[0] + dx * share - dy * off, a[1] + dy * share + dx * off))
    return points


@dataclass(frozen=True)
class _Bend:
    """Where two streets alone meet, one runs over into the other in an arc.

    netconvert would make turns with radii of 3 m of them, too tight to drive.

    Attributes:
        corner: Where the streets would meet.
        neighbours: Where they come from.
    """

    corner: Point
    neighbours: tuple[Point, Point]

    @property
    def middle(self) -> Point:
        """The middle of the arc."""
        return self.arc(self.neighbours[0])[0]

    def arc(self, neighbour: Point) -> list[Point]:
        """From the middle of the arc to where it ends in the street to a neighbour."""
        other = self.neighbours[self.neighbours[0] == neighbour]
        ux, uy = _unit(self.corner, neighbour)
        vx, vy = _unit(self.corner, other)
        turn = math.pi - math.acos(max(-1.0, min(1.0, ux * vx + uy * vy)))
        if turn < _STRAIGHT:
            return [self.corner]
        cut = _ARC * math.tan(turn / 2)  # of each street
        side = math.copysign(1.0, ux * vy - uy * vx)
        nx, ny = -uy * side, ux * side  # across the street, to the inner side
        start = self.corner[0] + ux * cut, self.corner[1] + uy * cut
        centre = start[0] + nx * _ARC, start[1] + ny * _ARC
        count = max(1, math.ceil(turn / 2 / _ANGLE))
        points = []
        for number in range(count, -1, -1):
            angle = turn / 2 * number / count
            c, s = _ARC * math.cos(angle), _ARC * math.sin(angle)
            points.append((centre[0] - nx * c - ux * s, centre[1] - ny * c - uy * s))
        return points


def _unit(a: Point, b: Point) -> Point:
    length = math.dist(a, b)
    return (b[0] - a[0]) / length, (b[1] - a[1]) / length


def _bends(streets: Sequence[Street], corners: Mapping[Place, Point]) -> dict[Place, _Bend]:
    near: dict[Place, list[Point]] = {}
    for a, b in (street.ends for street in streets):
        near.setdefault(a, []).append(corners[b])
        near.setdefault(b, []).append(corners[a])
    return {
        place: _Bend(corners[place], (ends[0], ends[1]))
        for place, ends in near.items()
        if len(ends) == 2
    }


def _edges(rng: random.Random, street: Street, line: Sequence[Point]) -> list[str]:
    a, b = street.ends
    pace = rng.random()
    lanes, speed, priority = _MAIN if street.main else _LESSER[int(2 * pace)]
    found = []
    for start, end, points in ((a, b, line), (b, a, line[::-1])):
        text = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
        shape = f' shape="{text}"' if len(points) > 2 else ""
        found.append(
            f'<edge id="{_name(start)}-{_name(end)}" from="{_name(start)}" to="{_name(end)}" '
            f'numLanes="{lanes}" speed="{speed}" priority="{priority}" width="{_WIDTH:g}" '
            f'sidewalkWidth="{_SIDEWALK:g}" disallow="pedestrian"{shape}/>'
        )
    return found
