"""Wire: what goes between a simulator and its worker, as plain data in frames of bytes."""

from __future__ import annotations

import marshal
import socket
import struct
from typing import Any

import numpy as np

from langprop.driving.box import Box, Pose
from langprop.driving.observation import Observation, Signals
from langprop.driving.route import Array, Route, StopLine
from langprop.driving.simulator import LaneFix, Truth

_LENGTH = struct.Struct("<I")
_SIZE = 1 << 16  # [bytes] of a piece


class Wire:
    """One end of a socket on which messages go.

    Both ends are the same program under the same interpreter, hence `marshal`: the quickest way to
    plain data.

    Args:
        end: A connected stream socket.
    """

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._rest = b""

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def send(self, message: Any) -> None:
        """Send plain data.

        Raises:
            OSError: The other end has gone, or doesn't read.
        """
        data = marshal.dumps(message)
        self._socket.sendall(_LENGTH.pack(len(data)) + data)

    def receive(self, seconds: float | None = None) -> Any:
        """The next message.

        Args:
            seconds: How long to wait for each piece of it; None for ever.

        Raises:
            TimeoutError: Nothing came.
            EOFError: The other end has gone.
        """
        self._socket.settimeout(seconds)
        data = self._rest
        try:
            while len(data) < _LENGTH.size:
                data += self._piece()
            (size,) = _LENGTH.unpack_from(data)
            end = size + _LENGTH.size
            if len(data) < end:  # a route
                pieces, missing = [data], end - len(data)
                while missing > 0:
                    pieces.append(self._piece())
                    missing -= len(pieces[-1])
                data = b"".join(pieces)
        except TimeoutError:
            self._rest = data
            raise
        self._rest = data[end:]
        return marshal.loads(data[_LENGTH.size : end])  # noqa: S302 - our own process wrote it

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _piece(self) -> bytes:
        try:
            data = self._socket.recv(_SIZE)
        except ConnectionError as error:
            raise EOFError from error
        if not data:
            raise EOFError
        return data


def pack_route(route: Route) -> tuple[Any, ...]:
    """A route as plain data."""
    arrays = (route.points, route.directions, route.positions)
    lines = [
        (line.position, line.kind, line.xy, line.heading, line.half_width, line.light, line.link)
        for line in route.stop_lines
    ]
    return (*(np.ascontiguousarray(a).tobytes() for a in arrays), sorted(route.lanes), lines)


def unpack_route(data: tuple[Any, ...]) -> Route:
    """The inverse of `pack_route`."""
    points, directions, positions, lanes, lines = data

    def array(raw: bytes, *shape: int) -> Array:
        made: Array = np.frombuffer(raw, dtype=np.float64).reshape(shape).copy()
        return made

    return Route(
        array(points, -1, 2),
        array(directions, -1, 2),
        array(positions, -1),
        frozenset(lanes),
        tuple(StopLine(*line) for line in lines),
    )


def pack_truth(truth: Truth) -> tuple[Any, ...]:
    """What is known at a tick, but for the route, as plain data."""
    seen, fix = truth.observation, truth.fix
    signals = seen.signals
    return (
        (seen.tick, seen.time, seen.target, seen.route_position, seen.route_length),
        _pack_box(seen.ego),
        [_pack_box(actor) for actor in seen.actors],
        (
            signals.red_light,
            signals.stop_sign,
            signals.light_id,
            signals.stop_id,
            signals.light_state,
            signals.stop_completed,
        ),
        (truth.index, truth.off_route, truth.lights),
        (fix.beyond, fix.heading, fix.in_junction, fix.lane),
        tuple(sorted(truth.completed_stops)),
        tuple(sorted(truth.hits)),
    )


def unpack_truth(data: tuple[Any, ...], route: Route) -> Truth:
    """The inverse of `pack_truth`."""
    (tick, time, target, position, length), ego, actors, signals, rest, fix, stops, hits = data
    seen = Observation(
        tick,
        time,
        _unpack_box(ego),
        target,
        Signals(*signals),
        tuple(map(_unpack_box, actors)),
        position,
        length,
    )
    index, off_route, lights = rest
    return Truth(
        seen,
        route,
        index,
        off_route,
        lights,
        LaneFix(*fix),
        frozenset(stops),
        frozenset(hits),
    )


def _pack_box(box: Box) -> tuple[Any, ...]:
    x, y, yaw = box.pose
    half = (box.half_length, box.half_width)
    return (x, y, yaw, *half, box.speed, box.kind, box.id, box.number)


def _unpack_box(data: tuple[Any, ...]) -> Box:
    x, y, yaw, *rest = data
    return Box(Pose(x, y, yaw), *rest)
