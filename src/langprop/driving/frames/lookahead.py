"""Lookahead: an infraction is known only after it happened; the frames before it learn of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from langprop.driving.event import PENALTIES, Event
from langprop.driving.frames.frame import Frame

BLAMED = (*PENALTIES, "OUTSIDE_ROUTE_LANES", "ROUTE_DEVIATION")
"""Kinds of events that a decision shortly before can have led to. Being blocked or late isn't."""


def blames(event: Event) -> bool:
    """Whether the frames before an event are marked: an infraction, and the driver's own fault."""
    return event.kind in BLAMED and event.at_fault


class Lookahead:
    """Marks frames with the infraction that follows them, while a drive goes on.

    A frame is held back until it is known: until an infraction comes, or `frames` intervals passed
    without one. An infraction at tick T marks the frames of the ticks from `T - frames · every` to
    `T - 1`: with frames at regular intervals these are the last `frames` ones. (A frame of the tick
    T itself saw what was there after the infraction.) Of several infractions a frame gets the next.

    Args:
        frames: Look-ahead, in intervals between recorded frames; 4 is 2 s of 0.5 s each (4 in
            Ishida et al. 2024).
        every: Interval between recorded frames [ticks].
        dt: Duration of a tick [s].

    Raises:
        ValueError: A number is out of range.
    """

    def __init__(self, frames: int = 4, every: int = 10, dt: float = 0.05) -> None:
        if frames < 0 or every < 1:
            raise ValueError(
                f"frames must be 0 or more and every at least 1, but got {frames=} and {every=}."
            )
        self._window, self._dt = frames * every, dt
        self._held: deque[Frame] = deque()

    @property
    def held(self) -> tuple[Frame, ...]:
        """Frames that aren't known yet, the oldest first."""
        return tuple(self._held)

    def add(self, frame: Frame) -> list[Frame]:
        """Record a frame; returns those of which is now known that nothing followed."""
        self._held.append(frame)
        return self.pass_to(frame.observation.tick)

    def pass_to(self, tick: int) -> list[Frame]:
        """Let time go by; returns frames of which is now known that nothing followed."""
        found = []
        while self._held and tick - self._held[0].observation.tick > self._window:
            found.append(self._held.popleft())
        return found

    def mark(self, event: Event) -> list[Frame]:
        """Take an event in.

        Args:
            event: Anything; what isn't an infraction of the driver's own fault changes nothing.

        Returns:
            Frames that are now known: those before the infraction, marked.
        """
        if not blames(event):
            return []
        found = self.pass_to(event.tick)
        while self._held and self._held[0].observation.tick < event.tick:
            frame = self._held.popleft()
            found.append(_marked(frame, event, self._dt))
        return found

    def end(self) -> list[Frame]:
        """The drive is over: nothing follows the frames that were held back."""
        found = list(self._held)
        self._held.clear()
        return found


def propagate(
    frames: Iterable[Frame],
    events: Iterable[Event],
    *,
    lookahead: int = 4,
    every: int = 10,
    dt: float = 0.05,
) -> list[Frame]:
    """Mark the frames of a whole drive; see `Lookahead`.

    Args:
        frames: In the order of their ticks.
        events: In any order.
        lookahead: In intervals between recorded frames.
        every: Such an interval [ticks].
        dt: Duration of a tick [s].
    """
    return list(_propagate(frames, sorted(events, key=_tick), lookahead * every, dt))


def _propagate(
    frames: Iterable[Frame], events: list[Event], window: int, dt: float
) -> Iterator[Frame]:
    waiting = deque(event for event in events if blames(event))
    for frame in frames:
        tick = frame.observation.tick
        while waiting and waiting[0].tick <= tick:
            waiting.popleft()
        if waiting and waiting[0].tick - tick <= window:
            yield _marked(frame, waiting[0], dt)
        else:
            yield frame


def _marked(frame: Frame, event: Event, dt: float) -> Frame:
    ahead = (event.tick - frame.observation.tick) * dt
    return replace(frame, infraction=event.kind, message=event.message, ahead=ahead)


def _tick(event: Event) -> int:
    return event.tick
