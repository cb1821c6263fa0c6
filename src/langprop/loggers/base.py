"""Logger: where metrics go."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any


class Logger(abc.ABC):
    """Where metrics go."""

    @abc.abstractmethod
    def log(self, metrics: Mapping[str, Any], step: int) -> None:
        """Write the figures of a step: numbers, by names such as "train/best"."""

    def close(self) -> None:  # noqa: B027 - optional: most loggers hold nothing
        """Write what is still held back. Closing twice is harmless."""
