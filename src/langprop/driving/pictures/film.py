"""Film: the pictures of a drive, as a GIF or an MP4."""

from __future__ import annotations

import contextlib
import importlib
import math
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from langprop.driving.pictures.render import Picture
from langprop.errors import ConfigError, MissingDependency
from langprop.files import in_one_piece
from langprop.reels import Gif, Mp4

SUFFIXES = (".gif", ".mp4")


class Film:
    """The pictures of a drive, as a GIF or an MP4; a context manager.

    The file is put in its place at the end, when it is complete; an error before leaves what was
    there. A GIF of more than 600 pictures leaves out every second one, and keeps its pace.

    Args:
        path: Where to: .gif, or .mp4, which needs imageio-ffmpeg.
        pace: Pictures in a second.

    Raises:
        ConfigError: The ending is another one.
        MissingDependency: Pillow or imageio isn't installed.
        ValueError: The pace isn't positive.
    """

    def __init__(self, path: str | Path, *, pace: float = 10.0) -> None:
        self.path = Path(path)
        suffix = self.path.suffix.lower()
        if suffix not in SUFFIXES:
            raise ConfigError(f"a film is a .gif or an .mp4, but the path is {self.path}.")
        if not (math.isfinite(pace) and pace > 0):
            raise ValueError(f"pace must be positive, but got {pace!r}.")
        self._make: Callable[[Path], Gif | Mp4] = _gif(pace) if suffix == ".gif" else _mp4(pace)
        self._reel: Gif | Mp4 | None = None
        self._first: Picture | None = None
        self._place = contextlib.ExitStack()
        self.count = 0

    def add(self, picture: Picture) -> None:
        """Add a picture; all have the size of the first one, or are cut or filled up to it.

        Raises:
            OSError: It can't be written.
        """
        if self._reel is None:
            raise ValueError("a film is open inside of its `with` block only.")
        if self._first is None:
            self._first = picture
        first = self._first
        self._reel.add(lambda: _like(picture, first))
        self.count += 1

    def __enter__(self) -> Film:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._reel = self._make(self._place.enter_context(in_one_piece(self.path)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        reel, self._reel = self._reel, None
        if reel is None:
            return
        if error is not None:
            reel.drop()
            self._place.__exit__(kind, error, trace)
            return
        with self._place:  # at its end, the file is put in its place, or taken away
            if self.count == 0:
                reel.drop()
                raise ConfigError(f"{self.path} would be a film without a picture.")
            reel.close()


def _like(picture: Picture, first: Picture) -> Picture:
    """A picture of the size of the first one: cut at the bottom, or filled up with black."""
    import numpy as np

    if picture.shape[:2] == first.shape[:2]:
        return picture
    height, width = first.shape[:2]
    filled = np.zeros((height, width, 3), dtype=np.uint8)
    rows, columns = min(height, picture.shape[0]), min(width, picture.shape[1])
    filled[:rows, :columns] = picture[:rows, :columns]
    return filled


def _gif(pace: float) -> Callable[[Path], Gif]:
    try:
        from PIL import Image
    except ModuleNotFoundError as error:
        raise MissingDependency("a film (.gif)", "driving") from error
    return lambda path: Gif(path, Image, pace)


def _mp4(pace: float) -> Callable[[Path], Mp4]:
    try:
        imageio = importlib.import_module("imageio.v2")
    except ModuleNotFoundError as error:
        raise MissingDependency("a film (.mp4)", "driving") from error
    try:
        importlib.import_module("imageio_ffmpeg")  # imageio's own message names several ways
    except ModuleNotFoundError as error:
        raise ConfigError(
            "an .mp4 needs another package: run  pip install imageio-ffmpeg  or write a .gif."
        ) from error
    return lambda path: Mp4(path, imageio, pace)
