"""Memory: the frames of a run's own drives, on the disk, and what is drawn from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langprop.driving.frames.dataset import Frames, FrameWriter
from langprop.driving.frames.frame import Frame
from langprop.driving.frames.replay import ReplayBuffer

if TYPE_CHECKING:
    import numpy as np

    from langprop.driving.learning.module import DrivingModule


class Memory:
    """The frames of a run's own drives, on the disk, and what is drawn from them.

    Args:
        module: Says which frames count as those before an infraction.
        data: A dataset that is mixed in; None for none.
        data_share: Share of a batch that comes from it.
        batch_size: Frames in a batch.
        capacity: Frames that may be drawn; the oldest are forgotten (their files stay).
        infraction_weight: How much likelier a frame is drawn that was marked, or on which a script
            failed.
        infraction_share: Share of a batch that such frames are at the most, of those that were
            driven and of those of the dataset alike.
        seed: Of what is drawn.

    Attributes:
        frames: All that was stored; None before it is opened.
        chunks: Files that were stored.
    """

    def __init__(
        self,
        module: DrivingModule,
        *,
        data: Frames | None = None,
        data_share: float = 0.5,
        batch_size: int = 256,
        capacity: int = 10_000,
        infraction_weight: float = 100.0,
        infraction_share: float = 0.05,
        seed: int = 0,
    ) -> None:
        import numpy as np

        self.frames: Frames | None = None
        self.chunks = 0
        self._module = module
        self._data = data if data is not None and len(data) and data_share else None
        # Such a frame is told from others by its weight, also where it is no likelier.
        self._weight = infraction_weight if infraction_weight != 1 else math.nextafter(1.0, 2.0)
        self._share = infraction_share
        self._of_data = max(1, round(data_share * batch_size)) if self._data is not None else 0
        self._own = batch_size - self._of_data
        self._buffer = ReplayBuffer(capacity)
        self._mixed: ReplayBuffer | None = None
        self._pending: list[Frame] = []
        self._rng: np.random.Generator = np.random.default_rng([seed, 1])
        self._writer: FrameWriter | None = None

    def __len__(self) -> int:
        """Frames that may be drawn now, of its own drives."""
        return len(self._buffer) + len(self._pending)

    def open(self, folder: Path, about: Mapping[str, Any]) -> None:
        """Open the dataset, and forget what was stored after the state that was restored.

        Raises:
            DataError: The folder holds another dataset, or less than was stored.
        """
        self._pending = []
        self._writer = FrameWriter(folder, about, resume=True)
        self._writer.truncate(self.chunks)
        self.frames = Frames(folder)

    def add(self, frames: Sequence[Frame]) -> None:
        """Take frames in; they are stored with the next batch."""
        self._pending += frames

    def batch(self, extra: Sequence[Frame] = ()) -> list[Frame]:
        """Store what was taken in, and draw a batch.

        Args:
            extra: Frames that aren't stored yet, and go into the batch in any case.

        Raises:
            DataError: The disk is full, say.
        """
        self._store()
        assert self.frames is not None  # noqa: S101 - for mypy: it was opened
        drawn = self._drawn(self._buffer, self._own)
        batch = [self.frames[number] for number in drawn]
        if self._data is not None:
            batch += [self._data[number] for number in self._drawn(self._mix(), self._of_data)]
        return batch + list(extra)

    def _drawn(self, buffer: ReplayBuffer, count: int) -> list[int]:
        heavy = math.ceil(self._share * count)
        # If there is nothing else yet, then those.
        return buffer.sample(count, self._rng, heavy=heavy) or buffer.sample(count, self._rng)

    def state_dict(self) -> dict[str, Any]:
        """All that the next batch depends on, beside the files, as JSON data."""
        return {
            "chunks": self.chunks,
            "buffer": self._buffer.state_dict(),
            "rng": self._rng.bit_generator.state,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a saved state; `open` brings the files back to it."""
        self.chunks = int(state["chunks"])
        self._buffer.load_state_dict(state["buffer"])
        self._rng.bit_generator.state = state["rng"]
        self._pending = []

    def _store(self) -> None:
        assert self._writer is not None  # noqa: S101 - for mypy: it was opened
        assert self.frames is not None  # noqa: S101 - likewise
        pending, self._pending = self._pending, []
        for frames in _by_route(pending):
            about = {"task": frames[0].task, "seed": frames[0].seed}
            numbers = self._writer.append(frames, about)
            self.chunks += 1
            for number, frame in zip(numbers, frames, strict=True):
                self._buffer.add(number, self._weight_of(frame))
        self.frames.follow(self._writer)

    def _mix(self) -> ReplayBuffer:
        """The numbers of the other dataset's frames, weighted in the same way."""
        if self._mixed is None:
            assert self._data is not None  # noqa: S101 - for mypy
            self._mixed = ReplayBuffer(len(self._data))
            for number, frame in enumerate(self._data):
                self._mixed.add(number, self._weight_of(frame))
        return self._mixed

    def _weight_of(self, frame: Frame) -> float:
        return self._weight if frame.failure or self._module.blames(frame) else 1.0


def _by_route(frames: Sequence[Frame]) -> Iterator[list[Frame]]:
    """Frames that follow each other on the same drive."""
    group: list[Frame] = []
    for frame in frames:
        if group and (frame.task, frame.seed) != (group[-1].task, group[-1].seed):
            yield group
            group = []
        group.append(frame)
    if group:
        yield group
