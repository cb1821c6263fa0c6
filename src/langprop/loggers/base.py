"""Logger: where figures go."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class Logger(abc.ABC):
    """Where figures go. Only `log` must be defined.

    Calls come from one thread. What is raised here never ends a run: it is told of once.
    """

    def start(  # noqa: B027 - optional: a file needs no beginning
        self,
        name: str,
        config: Mapping[str, Any],
        run_dir: Path | None = None,
        *,
        resume: bool = False,
    ) -> None:
        """A run begins, before its first figures.

        Args:
            name: The function that is trained.
            config: Every setting, as plain data.
            run_dir: The run's folder, if it has one.
            resume: Whether a run goes on that was logged here, or in this folder, before.
        """

    @abc.abstractmethod
    def log(self, metrics: Mapping[str, Any], step: int) -> None:
        """Write the figures of a step, by names such as "train/best".

        Most are numbers, which need not be finite; some are texts or None.
        """

    def log_script(  # noqa: B027 - optional: a file of figures has no place for it
        self, source: str, step: int, about: Mapping[str, Any] | None = None
    ) -> None:
        """Write the best script so far; called when there is a new one.

        Args:
            source: Its source, which a model may have written: any text.
            step: The step after which it was the best.
            about: What is known of it, such as its id and score.
        """

    def log_table(  # noqa: B027 - optional, as `log_script`
        self, name: str, rows: Sequence[Mapping[str, Any]], step: int
    ) -> None:
        """Write a table, such as "failures"; it replaces the one of that name.

        Args:
            name: Its name.
            rows: Cells by the name of the column: numbers, texts or None.
            step: The step that it describes.
        """

    def close(self) -> None:  # noqa: B027 - optional: most loggers hold nothing
        """Write what is still held back. Closing twice is harmless; logging again opens it."""
