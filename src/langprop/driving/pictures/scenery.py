"""Scenery: the shapes of a town, as a picture shows them from above."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from langprop.driving.maps.network import Network, Points

Colour = tuple[int, int, int]

PAINT: Colour = (200, 200, 200)

_PAVEMENT: Colour = (190, 184, 170)
_ASPHALT: Colour = (88, 88, 94)
_MIDDLE: Colour = (214, 180, 84)
_ZEBRA: Colour = (230, 230, 230)

_STRIPE = 0.5  # of a zebra crossing [m]
_DASH = 3.0  # of a line between lanes [m]


class Shape(NamedTuple):
    """Something that stays where it is.

    Attributes:
        points: (n, 2) array [m].
        width: Of a line [m], 0 for an outline to be filled; negative is in pixels.
        colour: Red, green, blue.
        least: Least x and y [m].
        greatest: Greatest x and y [m].
    """

    points: NDArray[np.float64]
    width: float
    colour: Colour
    least: tuple[float, float]
    greatest: tuple[float, float]


def scenery(network: Network) -> Iterable[Shape]:
    """The shapes of a town, in the order in which they are drawn."""
    lanes = network.lanes.values()
    for lane in lanes:
        if lane.kind == "sidewalk":
            yield _shape(lane.shape, lane.width, _PAVEMENT)
        elif lane.kind == "walking_area":
            yield _shape(lane.shape, 0.0, _PAVEMENT)
    for junction in network.junctions.values():
        if len(junction.shape) >= 3:
            yield _shape(junction.shape, 0.0, _ASPHALT)
    for lane in lanes:
        if lane.kind == "walking_area":  # corners of a junction are pavement
            yield _shape(lane.shape, 0.0, _PAVEMENT)
    for lane in lanes:
        if lane.drivable:
            yield _shape(lane.shape, lane.width + 0.1, _ASPHALT)
    for edge in network.edges.values():
        for number, name in enumerate(edge.lanes):
            lane = network.lanes[name]
            left = _beside(lane.shape, 0.5 * lane.width)
            if number + 1 < len(edge.lanes):
                yield from (_shape(dash, -1.0, PAINT) for dash in _cut_up(left, _DASH))
            else:
                yield _shape(left, -1.0, _MIDDLE)
    for lane in lanes:
        if lane.kind == "crossing":
            yield from _zebra(lane.shape, lane.width)


def _shape(points: Points | NDArray[np.float64], width: float, colour: Colour) -> Shape:
    array = np.asarray(points, dtype=np.float64)
    margin = max(0.0, width)
    (x0, y0), (x1, y1) = array.min(axis=0), array.max(axis=0)
    return Shape(array, width, colour, (x0 - margin, y0 - margin), (x1 + margin, y1 + margin))


def _beside(line: Points, left: float) -> NDArray[np.float64]:
    """A line moved to its left [m]."""
    array = np.asarray(line, dtype=np.float64)
    steps = np.diff(array, axis=0)
    steps = np.vstack([steps[:1], steps[:-1] + steps[1:], steps[-1:]])
    size = np.maximum(np.hypot(steps[:, 0], steps[:, 1]), 1e-9)[:, None]
    u, v = (steps / size).T
    return array + left * np.column_stack([v, -u])  # y points south


def _cut_up(line: NDArray[np.float64], length: float) -> Iterable[NDArray[np.float64]]:
    """Dashes of a length, with gaps as long between them [m]."""
    reached = np.r_[0.0, np.cumsum(np.hypot(*np.diff(line, axis=0).T))]
    for start in np.arange(length, reached[-1] - length, 2 * length):
        along = np.array([start, start + length])
        yield np.column_stack([np.interp(along, reached, line[:, k]) for k in (0, 1)])


def _zebra(line: Points, width: float) -> Iterable[Shape]:
    """Stripes along the traffic, across the way of those who walk."""
    a, b = np.asarray(line[0]), np.asarray(line[-1])
    length = float(np.hypot(*(b - a)))
    if length < 2 * _STRIPE:
        return
    u = (b - a) / length
    aside = np.array([-u[1], u[0]]) * 0.42 * width
    for start in np.arange(0.25, length - _STRIPE, 2 * _STRIPE):
        near, far = a + u * start, a + u * (start + _STRIPE)
        yield _shape(np.array([near + aside, far + aside, far - aside, near - aside]), 0.0, _ZEBRA)
