"""Album: pictures of what was before each infraction of a drive."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path

from langprop.driving.agents.agent import Decision
from langprop.driving.event import Event
from langprop.driving.pictures.render import Renderer
from langprop.driving.simulator import Truth

_GOOD = ("ROUTE_COMPLETION",)


class Album:
    """Pictures of what was before each infraction of a drive.

    Args:
        renderer: Draws them.
        folder: Where they go; it is made when there is a first one.
        before: How long before the infraction [s].
        most: Of how many there are pictures at the most.
        text: Above the map, such as the policy's name.
    """

    def __init__(
        self,
        renderer: Renderer,
        folder: str | Path,
        *,
        before: float = 1.0,
        most: int = 20,
        text: str = "",
    ) -> None:
        self._renderer, self._folder, self._before = renderer, Path(folder), before
        self._most, self._text = most, text
        self._past: deque[tuple[Truth, Decision | None]] = deque()
        self.paths: list[Path] = []

    def see(
        self, truth: Truth, decision: Decision | None = None, events: Sequence[Event] = ()
    ) -> None:
        """Take note of a tick.

        Args:
            truth: What was known before it.
            decision: What the agent wanted then.
            events: What came of it; a reached goal makes no picture.

        Raises:
            OSError: A picture can't be written.
        """
        now = truth.observation.time
        if self._past and self._past[-1][0].observation.time > now:  # another route
            self._past.clear()
        self._past.append((truth, decision))
        while now - self._past[0][0].observation.time > self._before + 1e-6:
            self._past.popleft()
        bad = [event for event in events if event.kind not in _GOOD]
        if not bad or len(self.paths) >= self._most:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{now:07.2f}s-{bad[0].kind.lower()}.png"
        path = self._folder / name
        then, wanted = self._past[0]
        self._renderer.save(path, then, wanted, bad, text=self._text)
        self.paths.append(path)
