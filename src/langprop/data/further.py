"""Further: other samples of the training data, to test a policy once more."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from langprop.data.batches import is_loader, is_sequence

if TYPE_CHECKING:
    import numpy as np

_KEPT = 1_000  # samples of a stream that are kept


class Further:
    """Other samples of the training data, to test a policy once more.

    They are drawn at random. A stream can't be drawn from: the samples of its latest batches in
    this epoch are kept for that.

    Args:
        data: The dataset, if there is one.
        rng: Draws.
    """

    def __init__(self, data: Any = None, rng: np.random.Generator | None = None) -> None:
        self._data = data if is_sequence(data) and not is_loader(data) else None
        self._rng = rng
        self._kept: deque[Any] = deque(maxlen=_KEPT)

    def begin(self) -> None:
        """Begin an epoch: what was kept can't depend on earlier ones, which a resumed run skips."""
        self._kept.clear()

    def tell(self, samples: Iterable[Any]) -> None:
        """Remember a batch that is over, if the data is a stream."""
        if self._data is None:
            self._kept.extend(samples)

    def draw(self, count: int, known: Sequence[int] = ()) -> list[Any]:
        """Other samples; fewer, or none, if there aren't as many.

        Args:
            count: How many.
            known: Places in the sequence that are not wanted.
        """
        import numpy as np

        source = self._kept if self._data is None else self._data
        wanted = np.arange(len(source))
        if self._data is not None:
            wanted = np.setdiff1d(wanted, np.asarray(known, dtype=np.int64))
        rng = self._rng if self._rng is not None else np.random.default_rng(0)
        return [source[place] for place in rng.permutation(wanted)[:count].tolist()]
