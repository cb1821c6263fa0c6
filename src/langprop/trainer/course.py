"""Course: the data of a run, cut to what the trainer was told to use of it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sized
from typing import TYPE_CHECKING, Any

from langprop.data.batches import ENDLESS, as_dataset, batches, first_sample, is_loader, is_sequence
from langprop.errors import ConfigError, DataError
from langprop.evaluation import Batch
from langprop.trainer.example import read_example

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer

NO_DATA = "there is no data to {what}: give it as the second argument."


class Course:
    """The data of a run, cut to what the trainer was told to use of it.

    Args:
        trainer: Has `batch_size`, `shuffle`, `limit_batches`, `overfit_batches`, `fast_dev_run`.
        module: Has data of its own, and reads the first sample.
        train: Samples; None for the module's own.
        val: Samples to validate on; None for the module's own, if it has any.

    Attributes:
        train: The training data.
        val: The validation data, whole; None if there is none.
        shuffle: Whether the training data is shuffled.
        epoch_steps: Steps of an epoch at the most, where that is limited.
        length: Steps of an epoch, where that is known.

    Raises:
        DataError: There are no samples, or the first one can't be read.
        ConfigError: A share of the batches is wanted, but nobody knows how many there are.
    """

    def __init__(self, trainer: Trainer, module: Module, train: Any, val: Any) -> None:
        train = module.train_data() if train is None else train
        if train is None:
            raise DataError(NO_DATA.format(what="train on"))
        self.train = as_dataset(train)
        module.example = read_example(module, first_sample(self.train))
        size = trainer.batch_size
        self.shuffle = trainer.shuffle
        self.epoch_steps = None
        limit = trainer.limit_batches
        if trainer.fast_dev_run:
            limit = int(trainer.fast_dev_run)
        if trainer.overfit_batches is not None:
            count = _count(trainer.overfit_batches, self.train, size, "overfit_batches")
            self.train = _first(self.train, size, count)
            self.shuffle, val = False, self.train
        elif limit is not None:
            self.epoch_steps = _count(limit, self.train, size, "limit_batches")
        val = module.val_data() if val is None else val
        self.val = None if val is None else Batch.read(module, judged(trainer, val))
        known = _length(self.train, size)
        self.length = self.epoch_steps if known is None else min(known, self.epoch_steps or known)


def judged(trainer: Trainer, data: Any, *, whole: bool = False) -> list[Any]:
    """The samples of validation or test data that a trainer uses.

    Args:
        trainer: Says how many.
        data: The samples.
        whole: Whether all are used but in a `fast_dev_run`: a test is honest or none.
    """
    data, size = as_dataset(data), trainer.batch_size
    limit = None if whole else trainer.limit_batches
    limit = int(trainer.fast_dev_run) if trainer.fast_dev_run else limit
    count = None if limit is None else _count(limit, data, size, "limit_batches")
    return _first(data, size if count is not None else 1024, count)


def _first(data: Any, size: int | None, count: int | None) -> list[Any]:
    """The samples of the first batches, or all.

    Raises:
        DataError: They may have no end.
    """
    found: list[Any] = []
    for batch in itertools.islice(batches(data, size), count):
        found += batch
        if len(found) > ENDLESS and not isinstance(data, Sized):
            raise DataError(
                f"the data gave more than {ENDLESS:,} samples, and may have no end: what is judged "
                "on must be finite. Give a list, or limit_batches."
            )
    return found


def _length(data: Any, size: int | None) -> int | None:
    """Batches in the data; None if nobody knows."""
    if not isinstance(data, Sized):
        return None
    if is_loader(data):
        return len(data)
    return math.ceil(len(data) / (size or len(data))) if is_sequence(data) else None


def _count(limit: int | float, data: Any, size: int | None, name: str) -> int:
    """How many batches a number or a share of them is; 1 at the least."""
    if isinstance(limit, int):
        return limit
    length = _length(data, size)
    if length is None:
        raise ConfigError(
            f"{name}={limit} is a share of the batches, but the data doesn't say how many there "
            f"are: give a whole number."
        )
    return max(1, int(limit * length))
