"""Batch: samples that were read."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from langprop.errors import DataError
from langprop.modules.module import Module
from langprop.sandbox.inputs import Encoded, Inputs, encode_call


class Batch:
    """Samples that were read: arguments, encoded once for all scripts, and labels, which stay here.

    Attributes:
        index: Place of each readable sample in the given samples.
        inputs: Its arguments.
        labels: Its label.
        places: Index in the dataset of each given sample, where it is known.
    """

    def __init__(
        self,
        index: Sequence[int],
        inputs: Inputs,
        labels: Sequence[Any],
        places: Sequence[int] = (),
    ) -> None:
        self.index = index
        self.inputs = inputs
        self.labels = labels
        self.places = places

    def __len__(self) -> int:
        return len(self.index)

    @classmethod
    def read(cls, module: Module, samples: Iterable[Any]) -> Batch:
        """Read samples with `module.preprocess`. What can't be read is left out, with a warning.

        Raises:
            DataError: There are no samples, or none can be read.
        """
        index, calls, labels, blobs = [], [], [], []
        failed: dict[int, Exception] = {}
        sent = module.takes_one_call  # else only what forward passes on is sent
        for place, sample in enumerate(samples):
            try:
                args, kwargs, label = module.read(sample)
                blob = encode_call(args, kwargs) if sent else Encoded(b"")
            except DataError as error:
                failed[place] = error
                continue
            index.append(place)
            calls.append((args, kwargs))
            labels.append(label)
            blobs.append(blob)
        if failed:
            place, first = next(iter(failed.items()))
            count = f"{len(failed)} of {len(failed) + len(index)}"
            places = getattr(samples, "places", ())
            named = f"sample {places[place] if places else place}"
            text = f"{count} samples can't be read; {named}: {first}"
            if not index:
                raise DataError(text) from first
            warnings.warn(f"{text} They are left out.", stacklevel=2)
        if not index:
            raise DataError("the batch holds no samples.")
        inputs = Inputs(calls, blobs if sent else None, stream=module.stream_inputs)
        return cls(index, inputs, labels, getattr(samples, "places", ()))
