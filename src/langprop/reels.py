"""Reels: pictures on their way into a file, as a GIF or an MP4."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

MOST_IN_GIF = 600
"""Pictures of a GIF: they are in memory until the end."""

_SHORTEST = 20  # pause between the pictures of a GIF; shorter ones aren't shown [ms]

Draw = Callable[[], Any]
"""Draws a picture: (height, width, 3), of bytes."""


class Gif:
    """Pictures in 256 colours, kept until the end; of many, every second one, and so on.

    Args:
        path: The file.
        image: Pillow's module `Image`.
        pace: Pictures in a second.
        every: Of so many pictures, one is kept.
    """

    def __init__(self, path: Path, image: Any, pace: float, every: int = 1) -> None:
        self._path, self._image, self._pace, self._every = path, image, pace, every
        self._count = 0
        self._kept: list[Any] = []

    def add(self, draw: Draw) -> None:
        """Add a picture, or let it be: then it isn't drawn."""
        if self._count % self._every == 0:
            made = self._image.fromarray(draw())
            self._kept.append(made.quantize(256, method=self._image.Quantize.FASTOCTREE, dither=0))
        self._count += 1
        if len(self._kept) > MOST_IN_GIF:
            del self._kept[1::2]
            self._every *= 2

    def close(self) -> None:
        """Write the file."""
        first, *rest = self._kept
        pause = max(_SHORTEST, round(1000 * self._every / self._pace))
        first.save(
            self._path, format="GIF", save_all=True, append_images=rest, duration=pause, loop=0
        )

    def drop(self) -> None:
        """Give it up."""
        self._kept.clear()


class Mp4:
    """Pictures that go to ffmpeg, one by one.

    Args:
        path: The file.
        imageio: The module `imageio.v2`; imageio-ffmpeg is installed.
        pace: Pictures in a second.
    """

    def __init__(self, path: Path, imageio: Any, pace: float) -> None:
        # Most players want even numbers of rows and columns.
        self._writer = imageio.get_writer(
            path, mode="I", fps=pace, macro_block_size=2, ffmpeg_log_level="error"
        )

    def add(self, draw: Draw) -> None:
        """Add a picture."""
        self._writer.append_data(draw())

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()

    def drop(self) -> None:
        """Give it up."""
        with contextlib.suppress(Exception):  # it isn't this that went wrong
            self._writer.close()
