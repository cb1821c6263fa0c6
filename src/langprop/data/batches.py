"""Batches: any iterable of samples, in lists."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from langprop.errors import DataError

if TYPE_CHECKING:
    import numpy as np


ENDLESS = 1_000_000
"""Samples in one piece from which on data of unknown length is taken to be endless."""


class Replayed(Iterable[Any]):
    """An iterator that can be gone through several times: what was drawn from it is kept.

    An endless iterator is fine as long as a run draws a limited number of samples from it.
    """

    def __init__(self, source: Iterator[Any]) -> None:
        self._source = source
        self._seen: list[Any] = []

    def __iter__(self) -> Iterator[Any]:
        for index in itertools.count():
            if index == len(self._seen):
                try:
                    self._seen.append(next(self._source))
                except StopIteration:
                    return
            yield self._seen[index]


class Samples(list[Any]):
    """Samples of a batch that were taken from a sequence.

    Args:
        data: The sequence.
        places: Index of each in the sequence.

    Attributes:
        places: As given.

    Raises:
        DataError: The sequence has fewer samples than its length says.
    """

    def __init__(self, data: Any, places: Sequence[int]) -> None:
        super().__init__()
        self.places = places
        for place in places:  # no slices: a dataset need only have __getitem__ for integers
            try:
                self.append(data[place])
            except IndexError as error:
                raise DataError(
                    f"the dataset said that it had samples up to {max(places)}, but has none at "
                    f"{place}: its length must not change during an epoch."
                ) from error


def is_loader(data: object) -> bool:
    """Whether `data` gives batches rather than samples, as a PyTorch `DataLoader` does."""
    return hasattr(data, "batch_size") and hasattr(data, "dataset") and hasattr(data, "__iter__")


def as_dataset(data: Any) -> Any:
    """Check a dataset, and make a one-time iterator into one that can be gone through again.

    Raises:
        DataError: It can't be gone through, or holds no samples.
    """
    if isinstance(data, (str, bytes)) or not (hasattr(data, "__iter__") or is_sequence(data)):
        raise DataError(
            "the data must be a list, dataset, data loader or iterable, "
            f"but got {type(data).__name__}."
        )
    if isinstance(data, Iterator):
        data = Replayed(data)
    if hasattr(data, "__len__") and len(data) == 0:
        raise DataError("the dataset holds no samples.")
    return data


def first_sample(data: Any) -> Any:
    """The first sample of a dataset or loader.

    Raises:
        DataError: There is none.
    """
    if is_sequence(data) and not is_loader(data):
        return data[0]
    for item in data:
        if not is_loader(data):
            return item
        for sample in _batch(item):
            return sample
    raise DataError("the dataset holds no samples.")


def batches(
    data: Any, batch_size: int | None, *, rng: np.random.Generator | None = None
) -> Iterator[list[Any]]:
    """Go through the data once.

    Args:
        data: A sequence of samples (shuffled if there is a generator), an iterable (in its order),
            or a loader that gives batches, which decides size and order itself.
        batch_size: Samples in a batch; None for all in one.
        rng: Shuffles a sequence.

    Yields:
        Lists of samples; the last one may be shorter.

    Raises:
        DataError: A loader's batch isn't a list of samples; a sequence is shorter than its length
            says; or data without a length doesn't end, where it shall be one batch.
    """
    if is_loader(data):
        yield from map(_batch, data)
    elif is_sequence(data):
        count = len(data)
        order = range(count) if rng is None else _shuffled(count, rng)
        size = batch_size or count
        for start in range(0, count, size):
            yield Samples(data, order[start : start + size])
    else:
        samples = iter(data)
        size = ENDLESS + 1 if batch_size is None else batch_size
        while batch := list(itertools.islice(samples, size)):
            if len(batch) > ENDLESS:
                raise DataError(
                    f"the data gave more than {ENDLESS:,} samples for one batch, and may have no "
                    "end: give a batch_size."
                )
            yield batch


def _shuffled(count: int, rng: np.random.Generator) -> Sequence[int]:
    order: Sequence[int] = rng.permutation(count).tolist()
    return order


def is_sequence(data: object) -> bool:
    """Whether samples can be taken from `data` by their index."""
    return hasattr(data, "__getitem__") and hasattr(data, "__len__") and not hasattr(data, "keys")


def _batch(item: Any) -> list[Any]:
    if isinstance(item, list) and not (
        item and type(item[0]).__module__.partition(".")[0] == "torch"
    ):
        return item
    raise DataError(
        f"the data loader gave a batch of type {type(item).__name__}, but a batch must be a list "
        "of samples: give the loader collate_fn=list."
    )
