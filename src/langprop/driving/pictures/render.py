"""Renderer: what a tick looks like from above."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from langprop.driving.box import Box, Kind
from langprop.driving.maps.network import Network
from langprop.driving.observation import LightState
from langprop.driving.pictures.scenery import PAINT, Colour, Shape, scenery
from langprop.driving.route import Route, StopLine
from langprop.driving.simulator import Truth
from langprop.errors import MissingDependency

if TYPE_CHECKING:
    from langprop.driving.agents.agent import Decision
    from langprop.driving.event import Event

Picture = NDArray[np.uint8]
_Pixels = list[tuple[float, float]]

_GRASS: Colour = (131, 155, 112)
_ROUTE: Colour = (64, 190, 245)
_DRIVEN: Colour = (70, 110, 135)
_EGO: Colour = (38, 104, 250)
_WHITE: Colour = (255, 255, 255)
_BLACK: Colour = (20, 20, 20)
_ALARM: Colour = (196, 30, 30)
_KINDS: dict[Kind, Colour] = {
    "vehicle": (233, 196, 106),
    "bicycle": (244, 140, 60),
    "pedestrian": (255, 95, 210),
    "static": (120, 80, 60),
}
_LIGHTS: dict[LightState, Colour] = {
    "red": (255, 48, 48),
    "yellow": (255, 214, 31),
    "green": (49, 216, 67),
    "off": (120, 120, 120),
}
_STOP: Colour = (255, 60, 160)

_SMOOTH = 2  # pictures are drawn so many times as large, then made smaller: no ragged edges
_BAND = 20  # height of a line of text [pixels]
_LINES = 3  # of an event
_LETTER = 13  # [pixels]
_LEAST = 0.45  # half sizes are drawn no smaller, that pedestrians can be seen [m]


class Renderer:
    """Draws what is known at a tick, from above; north is up.

    Lanes, crossings and sidewalks are grey; the route is blue, its stop lines have the colour of
    the light, and those with a stop sign are pink (pale once the vehicle has stopped there). The
    ego is blue, vehicles are yellow, bicycles orange, pedestrians pink; the nose is the bright end.
    The cross is the target.

    Args:
        network: The town; without it there are the route and the actors only.
        size: Width of the map, and its height [pixels].
        view: Width of what it shows, the ego in the middle [m].

    Raises:
        MissingDependency: Pillow isn't installed.
        ValueError: A number isn't positive.
    """

    def __init__(
        self, network: Network | None = None, *, size: int = 480, view: float = 70.0
    ) -> None:
        if not (size >= 32 and math.isfinite(view) and view > 0):
            raise ValueError(
                f"a picture has at least 32 pixels and shows more than 0 m, but got {size=}, "
                f"{view=}."
            )
        self._pil = _pil()
        self._size, self._view = size, view
        self._scale = size * _SMOOTH / view  # [pixels/m]
        self._still = [] if network is None else list(scenery(network))
        font: Any = self._pil[2]
        self._font = font.load_default(_LETTER)

    def frame(
        self,
        truth: Truth,
        decision: Decision | None = None,
        events: Sequence[Event] = (),
        *,
        text: str = "",
    ) -> Picture:
        """Draw a tick.

        Args:
            truth: What is known.
            decision: What the agent wants; written above the map.
            events: What went wrong; written below.
            text: Further words above, such as the policy's name.

        Returns:
            A (height, width, 3) array of red, green and blue.
        """
        image, image_draw, _ = self._pil
        side = self._size * _SMOOTH
        picture = image.new("RGB", (side, side), _GRASS)
        canvas = _Canvas(image_draw.Draw(picture), truth.ego.pose[:2], self._scale, side)
        for shape in self._still:
            canvas.shape(shape)
        canvas.route(truth.route, truth.index)
        for number, (line, state) in enumerate(
            zip(truth.route.stop_lines, truth.lights, strict=False)
        ):
            canvas.stop_line(line, state, number in truth.completed_stops)
        for actor in truth.observation.actors:
            canvas.box(actor, _KINDS[actor.kind])
        canvas.box(truth.ego, _EGO, _WHITE)
        canvas.cross(truth.observation.target)
        picture = picture.resize((self._size, self._size), image.Resampling.BOX)
        above = [_words(truth, decision)]
        if text:
            above.insert(0, text)
        below = [event.message or event.kind for event in events]
        return np.asarray(self._framed(picture, above, below))

    def save(
        self,
        path: str | Path,
        truth: Truth,
        decision: Decision | None = None,
        events: Sequence[Event] = (),
        *,
        text: str = "",
    ) -> None:
        """Draw a tick into a file, as `frame` does; its ending says of what kind.

        Raises:
            ValueError: There is no such kind.
            OSError: It can't be written.
        """
        image = self._pil[0]
        image.fromarray(self.frame(truth, decision, events, text=text)).save(path)

    def _framed(self, picture: Any, above: Sequence[str], below: Sequence[str]) -> Any:
        """A picture with lines of text above and below; as high for as many lines."""
        image, image_draw, _ = self._pil
        below = [part for line in below for part in self._wrapped(line)]
        height = self._size + _BAND * (len(above) + len(below))
        framed = image.new("RGB", (self._size, height + height % 2), _BLACK)
        framed.paste(picture, (0, _BAND * len(above)))
        draw = image_draw.Draw(framed)
        for number, line in enumerate(above):
            draw.text((6, _BAND * number + 2), self._cut(draw, line), _WHITE, self._font)
        for number, line in enumerate(below):
            top = self._size + _BAND * (len(above) + number)
            draw.rectangle((0, top, self._size, top + _BAND), _ALARM)
            draw.text((6, top + 2), self._cut(draw, line), _WHITE, self._font)
        return framed

    def _wrapped(self, line: str) -> list[str]:
        """A text as lines that have room; what doesn't go into three is left out."""
        lines = [""]
        for word in line.split():
            longer = f"{lines[-1]} {word}".lstrip()
            if not lines[-1] or self._font.getlength(longer) <= self._size - 12:
                lines[-1] = longer
            else:
                lines.append(word)
        return (
            lines if len(lines) <= _LINES else [*lines[: _LINES - 1], " ".join(lines[_LINES - 1 :])]
        )

    def _cut(self, draw: Any, line: str) -> str:
        room = self._size - 12
        line = " ".join(line.split())
        if draw.textlength(line, self._font) <= room:
            return line
        while line and draw.textlength(f"{line} …", self._font) > room:
            line = line[: -max(1, len(line) // 16)]
        return f"{line} …"


class _Canvas:
    """A map that is being drawn: metres in, pixels out."""

    def __init__(self, draw: Any, middle: tuple[float, float], scale: float, side: int) -> None:
        self._draw, self._scale = draw, scale
        reach = 0.5 * side / scale
        self._left, self._top = middle[0] - reach, middle[1] - reach
        self._right, self._bottom = middle[0] + reach, middle[1] + reach

    def shape(self, shape: Shape) -> None:
        """Something that stays where it is, if it's in sight."""
        if (
            shape.greatest[0] < self._left
            or shape.least[0] > self._right
            or shape.greatest[1] < self._top
            or shape.least[1] > self._bottom
        ):
            return
        pixels = self._pixels(shape.points)
        if shape.width == 0.0:
            self._draw.polygon(pixels, fill=shape.colour)
            return
        width = shape.width * self._scale if shape.width > 0 else -shape.width * _SMOOTH
        self._line(pixels, shape.colour, width)

    def route(self, route: Route, index: int) -> None:
        """The way to drive, and the last metres of the way that was driven."""
        reach = int(1.5 * (self._right - self._left))
        self._line(
            self._pixels(route.points[max(0, index - reach) : index + 1]), _DRIVEN, 1.5 * _SMOOTH
        )
        self._line(self._pixels(route.points[index : index + reach]), _ROUTE, 2.0 * _SMOOTH)

    def stop_line(self, line: StopLine, state: LightState, completed: bool) -> None:
        """A line across the lane in the light's colour."""
        (x, y), (u, v) = line.xy, line.heading
        half = line.half_width
        ends = np.array([[x - v * half, y + u * half], [x + v * half, y - u * half]])
        colour = _LIGHTS[state]
        if line.kind == "stop":
            colour = PAINT if completed else _STOP
        self._line(self._pixels(ends), colour, 3.5 * _SMOOTH)

    def box(self, box: Box, colour: Colour, edge: Colour = _BLACK) -> None:
        """A road user; its nose is bright."""
        half_length, half_width = max(_LEAST, box.half_length), max(_LEAST, box.half_width)
        x, y, yaw = box.pose
        c, s = math.cos(yaw), math.sin(yaw)

        def at(ahead: float, aside: float) -> tuple[float, float]:
            along, across = ahead * half_length, aside * half_width
            return x + c * along - s * across, y + s * along + c * across

        outline = [at(1, 1), at(1, -1), at(-1, -1), at(-1, 1)]
        self._draw.polygon(self._pixels(outline), fill=colour, outline=edge, width=_SMOOTH)
        if half_length > 1.2:  # for smaller ones there's no room
            nose = [at(0.85, 0.6), at(0.85, -0.6), at(0.45, -0.8), at(0.45, 0.8)]
            pale = tuple((part + 2 * 255) // 3 for part in colour)
            self._draw.polygon(self._pixels(nose), fill=pale)

    def cross(self, place: tuple[float, float]) -> None:
        """A cross."""
        ((x, y),) = self._pixels([place])
        size = 4 * _SMOOTH
        for colour, width in ((_BLACK, 4 * _SMOOTH), (_WHITE, 2 * _SMOOTH)):
            self._draw.line([x - size, y - size, x + size, y + size], colour, width)
            self._draw.line([x - size, y + size, x + size, y - size], colour, width)

    def _line(self, pixels: _Pixels, colour: Colour, width: float) -> None:
        if len(pixels) > 1:
            self._draw.line(pixels, colour, max(1, round(width)), joint="curve")

    def _pixels(self, points: Any) -> _Pixels:
        moved = (np.asarray(points, dtype=np.float64) - (self._left, self._top)) * self._scale
        return [(x, y) for x, y in moved.tolist()]


def _words(truth: Truth, decision: Decision | None) -> str:
    seen = truth.observation
    parts = [f"{seen.time:.1f} s", f"{seen.ego.speed:.1f} m/s"]
    if decision is not None:
        parts.append(f"{decision.level} {round(decision.angle):+d}°")
    parts.append(f"{seen.route_position:.0f}/{seen.route_length:.0f} m")
    signals = seen.signals
    if signals.red_light is not None:
        parts.append(f"{signals.light_state} in {signals.red_light:.0f} m")
    if signals.stop_sign is not None and not signals.stop_completed:
        parts.append(f"stop in {signals.stop_sign:.0f} m")
    if decision is not None and decision.error:
        parts.append(decision.error.strip().splitlines()[-1])
    return " · ".join(parts)


def _pil() -> tuple[Any, Any, Any]:
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ModuleNotFoundError as error:
        raise MissingDependency("drawing a drive", "driving") from error
    return Image, ImageDraw, ImageFont
