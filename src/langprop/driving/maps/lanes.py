"""LaneMap: which lane a point lies on, quickly."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from langprop.driving.box import wrap
from langprop.driving.maps.network import Network, Points
from langprop.driving.simulator import LaneFix

Array = NDArray[np.float64]

REACH = 20.0  # [m] beyond which there is no lane near
NOWHERE = LaneFix(beyond=REACH, heading=None, in_junction=False)

_CELL = 4.0  # [m] side of a square, for which what may be nearest in it is listed
_BLOCK = 64.0  # [m] side of a square, in which cells look for it

# Start x, y; vector x, y; 1/length² [1/m²]; half width [m]; heading [rad]; name of the lane.
_Segment = tuple[float, float, float, float, float, float, float, str]


class _Cell:
    """What may be nearest to a point in a square.

    Attributes:
        segments: Pieces of lanes.
        inside: Whether all of the square lies in a junction.
        outlines: Junctions whose edge crosses the square.
    """

    __slots__ = ("inside", "outlines", "segments")

    def __init__(self, segments: list[_Segment], inside: bool, outlines: list[Points]) -> None:
        self.segments, self.inside, self.outlines = segments, inside, outlines


class LaneMap:
    """Looks up the lane at a point: some 10 µs, in squares that are prepared when one first comes.

    Args:
        network: The town.
    """

    def __init__(self, network: Network) -> None:
        self._segments: list[_Segment] = [
            piece
            for lane in network.lanes.values()
            if lane.drivable
            for piece in _pieces(lane.shape, 0.5 * lane.width, lane.id)
        ]
        rows = np.array([piece[:6] for piece in self._segments], dtype=np.float64)
        self._rows = rows.reshape(-1, 6)
        self._junctions = [
            (junction.shape, np.array(junction.shape, dtype=np.float64))
            for junction in network.junctions.values()
            if len(junction.shape) >= 3
        ]
        self._blocks: dict[tuple[int, int], NDArray[np.intp]] = {}
        self._cells: dict[tuple[int, int], _Cell] = {}

    def fix(self, x: float, y: float, yaw: float | None = None) -> LaneFix:
        """Where a point is with respect to the lanes around it.

        Args:
            x: East [m].
            y: South [m].
            yaw: Which way one faces there [rad]; where lanes lie over each other, as in junctions,
                the one that leads most nearly there is taken. Without it, the nearest middle.

        Raises:
            ValueError: The point isn't finite.
        """
        cell = self._cell(x, y)
        least, near, square = math.inf, None, 0.0
        best, turn = None, math.inf
        for piece in cell.segments:
            ax, ay, dx, dy, inverse, half, heading, _ = piece
            px, py = x - ax, y - ay
            t = (px * dx + py * dy) * inverse
            if t > 0.0:
                if t > 1.0:  # noqa: PLR1730 - min() takes twice as long
                    t = 1.0
                px -= t * dx
                py -= t * dy
            square = px * px + py * py
            beyond = math.sqrt(square) - half
            if beyond < least:
                least, near = beyond, piece
            if yaw is not None and beyond <= 0.0:
                off = abs((heading - yaw + math.pi) % (2 * math.pi) - math.pi)
                if off < turn:
                    best, turn = piece, off
        in_junction = cell.inside or any(_holds(each, x, y) for each in cell.outlines)
        if near is None or least >= REACH:
            return NOWHERE if not in_junction else LaneFix(0.0, None, True)
        chosen = best or near
        if in_junction and least > 0.0:
            least = 0.0
        return LaneFix(least, chosen[6], in_junction, chosen[7])

    def _cell(self, x: float, y: float) -> _Cell:
        try:
            key = (math.floor(x / _CELL), math.floor(y / _CELL))
        except (ValueError, OverflowError) as error:
            raise ValueError(f"the point ({x}, {y}) isn't finite.") from error
        found = self._cells.get(key)
        if found is None:
            found = self._cells[key] = self._prepare(key)
        return found

    def _prepare(self, key: tuple[int, int]) -> _Cell:
        x, y = (key[0] + 0.5) * _CELL, (key[1] + 0.5) * _CELL
        radius = _CELL * math.sqrt(0.5)
        block = self._block(x, y)
        beyond = _beyond(self._rows[block], x, y)
        # The distance from a point changes by no more than one moves: whatever is nearest to, or
        # holds, a point of the square is among these.
        most = max(0.0, float(beyond.min()) + radius) if len(beyond) else 0.0
        chosen = block[beyond - radius <= min(most, REACH)]
        inside, outlines = False, []
        for shape, outline in self._junctions:
            if abs(outline - (x, y)).max(axis=1).min() > 100:
                continue
            if _to_outline(outline, x, y) <= radius:
                outlines.append(shape)
            elif _holds(shape, x, y):
                inside = True
        return _Cell([self._segments[number] for number in chosen], inside, outlines)

    def _block(self, x: float, y: float) -> NDArray[np.intp]:
        """Indices of the segments that may matter to a cell whose middle lies in a large square."""
        key = (math.floor(x / _BLOCK), math.floor(y / _BLOCK))
        found = self._blocks.get(key)
        if found is None:
            middle = (key[0] + 0.5) * _BLOCK, (key[1] + 0.5) * _BLOCK
            reach = REACH + (_BLOCK + 2 * _CELL) * math.sqrt(0.5)
            found = np.flatnonzero(_beyond(self._rows, *middle) <= reach)
            self._blocks[key] = found
        return found


def _pieces(shape: Points, half_width: float, lane: str) -> list[_Segment]:
    found: list[_Segment] = []
    for (ax, ay), (bx, by) in pairwise(shape):
        dx, dy = bx - ax, by - ay
        square = dx * dx + dy * dy
        if square > 1e-12:
            yaw = wrap(math.atan2(dy, dx))
            found.append((ax, ay, dx, dy, 1.0 / square, half_width, yaw, lane))
    return found


def _beyond(rows: Array, x: float, y: float) -> Array:
    """Distance of a point from the edge of each segment; negative inside it."""
    ax, ay, dx, dy, inverse, half = rows.T
    px, py = x - ax, y - ay
    t = np.clip((px * dx + py * dy) * inverse, 0.0, 1.0)
    found: Array = np.hypot(px - t * dx, py - t * dy) - half
    return found


def _to_outline(outline: Array, x: float, y: float) -> float:
    """Distance of a point from the edge of a polygon."""
    steps = np.roll(outline, -1, axis=0) - outline
    squares = np.maximum((steps * steps).sum(axis=1), 1e-12)
    rows = np.column_stack((outline, steps, 1.0 / squares, np.zeros(len(outline))))
    return float(_beyond(rows, x, y).min())


def _holds(shape: Points, x: float, y: float) -> bool:
    """Whether a polygon holds a point: a ray from it crosses the edge an odd number of times."""
    odd = False
    bx, by = shape[-1]
    for ax, ay in shape:
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            odd = not odd
        bx, by = ax, ay
    return odd
