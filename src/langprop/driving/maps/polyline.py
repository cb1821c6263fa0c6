"""Polyline: a line through points, measured along itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from langprop.driving.maps.network import Points

Array = NDArray[np.float64]

_SAME = 1e-3  # [m] below which two points are one; SUMO writes millimetres


class Polyline:
    """A line through points.

    Args:
        points: (n, 2) points [m]; such as repeat the one before are left out.

    Attributes:
        points: Those that are left.
        positions: Metres from the start to each.

    Raises:
        ValueError: There are fewer than two different points.
    """

    def __init__(self, points: Points | Array) -> None:
        given = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        steps = np.hypot(*np.diff(given, axis=0).T)
        self.points: Array = given[np.append(True, steps > _SAME)[: len(given)]]
        if len(self.points) < 2:
            raise ValueError("a line needs two different points.")
        steps = np.hypot(*np.diff(self.points, axis=0).T)
        self.positions: Array = np.concatenate(([0.0], np.cumsum(steps)))

    @property
    def length(self) -> float:
        """Metres."""
        return float(self.positions[-1])

    def at(self, positions: Array) -> Array:
        """Points of the line.

        Args:
            positions: (k,) metres from the start; what lies beyond an end counts as the end.

        Returns:
            (k, 2) points.
        """
        x, y = self.points.T
        return np.stack(
            (np.interp(positions, self.positions, x), np.interp(positions, self.positions, y)),
            axis=1,
        )

    def directions(self, positions: Array, reach: float = 0.5) -> Array:
        """Unit vectors along the line, each taken from `reach` before a place to as much behind.

        Args:
            positions: (k,) metres from the start.
            reach: [m]; smooths the corners of the line.

        Returns:
            (k, 2) vectors.
        """
        vectors = self.at(positions + reach) - self.at(positions - reach)
        lengths = np.hypot(*vectors.T)
        # A line that turns back within the reach has no direction there but that of its segment.
        lost = lengths < _SAME
        if lost.any():
            places = np.searchsorted(self.positions, positions[lost], side="right") - 1
            places = np.clip(places, 0, len(self.points) - 2)
            vectors[lost] = self.points[places + 1] - self.points[places]
            lengths = np.hypot(*vectors.T)
        unit: Array = vectors / lengths[:, None]
        return unit


def blend(first: Points, second: Points, start: float, end: float) -> Points:
    """The way of a lane change: along one line, smoothly over to another beside it.

    Args:
        first: Where it begins.
        second: Where it ends; about parallel.
        start: Metres of the way before the change.
        end: Metres of the way at which the change is done.
    """
    a, b = Polyline(first), Polyline(second)
    count = max(2, int(np.ceil(max(a.length, b.length))) + 1)
    shares = np.linspace(0.0, 1.0, count)
    length = 0.5 * (a.length + b.length)
    over = np.clip((shares * length - start) / max(end - start, _SAME), 0.0, 1.0)
    over = (over * over * (3 - 2 * over))[:, None]  # level at both ends
    points = (1 - over) * a.at(shares * a.length) + over * b.at(shares * b.length)
    return tuple((float(x), float(y)) for x, y in points)
