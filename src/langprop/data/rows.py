"""Rows: the samples of a file, as a sequence."""

from __future__ import annotations

import abc
import operator
from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

from langprop.data.columns import Signature
from langprop.data.raw import digest
from langprop.errors import DataError


class Rows(Sequence[Any]):
    """The samples of a file, as a sequence. A kind of file defines `__len__` and `sample`.

    Args:
        path: The file.
        signature: What the columns are matched with; None to give the rows as they are.
    """

    def __init__(self, path: Path, signature: Signature | None) -> None:
        self.path = path
        self.signature = signature

    @abc.abstractmethod
    def sample(self, index: int) -> Any:
        """A sample by its number from 0: `(args, label)` or `(args, kwargs, label)`, or a row."""

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        """A sample, or a list of them."""
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        number = operator.index(index)
        if number < 0:
            number += len(self)
        if not 0 <= number < len(self):
            raise IndexError(f"sample {index} of {len(self)}")
        return self.sample(number)

    def digest(self) -> str:
        """What the file holds, in 64 letters: whether two runs had the same data.

        Raises:
            DataError: It can't be read.
        """
        return digest(self.path)

    def check_any(self) -> None:
        """See that there are samples.

        Raises:
            DataError: There are none.
        """
        if not len(self):
            raise DataError(f"{self.path} holds no samples.")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r}, {len(self):,} samples)"
