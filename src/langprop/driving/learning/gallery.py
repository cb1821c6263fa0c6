"""Gallery: pictures of what was before the infractions of a run's drives."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from langprop.errors import LangPropError

if TYPE_CHECKING:
    from langprop.driving.frames.recording import Moment
    from langprop.driving.pictures.album import Album
    from langprop.driving.pictures.render import Renderer
    from langprop.driving.task import RouteTask

FOLDER = "pictures"
"""Where in the folder of a run the pictures lie, a folder for each drive."""


class Gallery:
    """Pictures of what was before the infractions of a run's drives.

    What can't be drawn is told once, and the run goes on without pictures.

    Args:
        folder: Of the run.
        most: Pictures at the most, with those that are there already; 0 for none.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder / FOLDER
        self._most = most
        self._left = most - self._made()
        self._number = -1
        self._album: Album | None = None
        self._renderers: dict[str, Renderer] = {}

    def see(self, task: RouteTask, number: int, moment: Moment) -> None:
        """Take note of a tick.

        Args:
            task: The route.
            number: Of the drive.
            moment: What the tick brought.
        """
        if self._left <= 0:
            return
        try:
            if number != self._number or self._album is None:
                self._number, self._album = number, self._begun(task, number)
            before = len(self._album.paths)
            self._album.see(moment.truth, moment.decision, moment.events)
            if len(self._album.paths) > before:  # if it's driven again, the file was there
                self._left = self._most - self._made()
        except (OSError, ValueError, LangPropError) as error:
            self._left = 0
            warnings.warn(f"no more pictures of infractions are made: {error}", stacklevel=2)

    def _made(self) -> int:
        return sum(1 for _ in self._folder.glob("*/*.png"))

    def _begun(self, task: RouteTask, number: int) -> Album:
        from langprop.driving.maps.towns.catalog import town
        from langprop.driving.pictures.album import Album
        from langprop.driving.pictures.render import Renderer

        if task.town not in self._renderers:
            self._renderers[task.town] = Renderer(town(task.town).network)
        name = task.name.replace("/", "-")
        folder = self._folder / f"{number:05d}-{name}"
        return Album(self._renderers[task.town], folder, most=self._most)
