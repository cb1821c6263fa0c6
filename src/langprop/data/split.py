"""Split: data in parts that have nothing in common, such as for training and validation."""

from __future__ import annotations

import hashlib
import operator
import random
from collections.abc import Mapping, Sequence
from typing import Any, overload

from langprop.errors import DataError


class Part(Sequence[Any]):
    """Some of the samples of a sequence, which are read when they are needed.

    Args:
        data: The whole.
        places: Which of its samples.
    """

    def __init__(self, data: Sequence[Any], places: Sequence[int]) -> None:
        self.data, self.places = data, places

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        """A sample, or a list of them."""
        if isinstance(index, slice):
            return [self.data[place] for place in self.places[index]]
        return self.data[self.places[operator.index(index)]]

    def digest(self) -> str:
        """What it holds, in 64 letters, if the whole can say so of itself.

        Raises:
            AttributeError: The whole has no `digest`.
            DataError: The whole can't be read.
        """
        whole: str = self.data.digest()  # type: ignore[attr-defined]
        return hashlib.sha256(f"{whole} {list(self.places)}".encode()).hexdigest()

    def __repr__(self) -> str:
        return f"Part({self.data!r}, {len(self):,} samples)"


def split(
    data: Sequence[Any], shares: Mapping[str, float], *, seed: int = 0, shuffle: bool = True
) -> dict[str, Part]:
    """Split data into parts; every sample is in one of them.

    The same data, shares and seed give the same parts, on any machine. No part is empty.

    Args:
        data: Samples.
        shares: Name → share of a part, such as `{"train": 0.8, "val": 0.2}`; only their proportions
            matter.
        seed: Of the order in which samples are dealt out.
        shuffle: Whether samples are drawn at random. Otherwise the first ones are the first part,
            as is proper for a time series.

    Raises:
        ValueError: There are no shares, or one isn't positive.
        DataError: There are fewer samples than parts.
    """
    if not shares or not all(0 < share < float("inf") for share in shares.values()):
        raise ValueError(f"shares must be positive numbers by name, but got {dict(shares)!r}.")
    if len(data) < len(shares):
        raise DataError(
            f"{len(data)} samples can't be split into {len(shares)} parts: give fewer shares."
        )
    order = list(range(len(data)))
    if shuffle:
        random.Random(seed).shuffle(order)  # noqa: S311 - no secret; the same in all Pythons
    total, done, begin = sum(shares.values()), 0.0, 0
    parts: dict[str, Part] = {}
    for left, (name, share) in zip(range(len(shares) - 1, -1, -1), shares.items(), strict=True):
        done += share
        end = len(order) if not left else round(len(order) * done / total)
        end = max(begin + 1, min(end, len(order) - left))  # at least one for each
        parts[name] = Part(data, sorted(order[begin:end]))
        begin = end
    return parts
