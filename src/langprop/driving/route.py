"""Route: the way to drive, as a dense line with the stop lines on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class StopLine:
    """A line across the route at which a light or a sign speaks.

    Attributes:
        position: Metres of the route before it.
        kind: What stands there.
        xy: The line's middle on the lane (x, y) [m].
        heading: Unit vector in which traffic crosses it (x, y).
        half_width: Half of the lane's width [m].
        light: Name of the traffic light; "" for a sign.
        link: Which of the light's lamps.
    """

    position: float
    kind: Literal["light", "stop"]
    xy: tuple[float, float]
    heading: tuple[float, float]
    half_width: float = 1.75
    light: str = ""
    link: int = 0


@dataclass(frozen=True, eq=False)
class Route:
    """The way to drive.

    Attributes:
        points: (n, 2) array of points, 1 m apart (the last one nearer) [m].
        directions: (n, 2) array of unit vectors along the route.
        positions: (n,) array of metres from the start; the first is 0.
        lanes: Names of the lanes that it takes, those inside junctions included.
        stop_lines: Lights and signs on it, in the order of their positions.
    """

    points: Array
    directions: Array
    positions: Array
    lanes: frozenset[str]
    stop_lines: tuple[StopLine, ...]

    @property
    def length(self) -> float:
        """Metres."""
        return float(self.positions[-1])
