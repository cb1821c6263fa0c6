"""Messages between this process and its helpers, where they share rollouts."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langprop.executors.crew import Registry

from langprop.evaluation.judge import Result
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script


@dataclass(frozen=True)
class Begin:
    """A batch begins.

    Attributes:
        job: Number of the batch.
        recipe: What makes the module, pickled.
        key: Tells it from others.
        calls: Arguments of the samples, pickled.
        limits: What each script may use.
        n_slow: How many slow scripts compute their answers side by side.
        warned: Kinds of warnings that were given already.
        filters: Which warnings are shown, as `warnings.filters`, pickled; b"" if they can't be.
        folder: The working folder.
    """

    job: int
    recipe: bytes
    key: bytes
    calls: bytes
    limits: Limits
    n_slow: int
    warned: frozenset[str]
    filters: bytes
    folder: str


@dataclass(frozen=True)
class Take:
    """A script of the batch is to be run."""

    job: int
    number: int
    script: Script


@dataclass(frozen=True)
class Leave:
    """The batch is over; what is still on its way is given up."""

    job: int


@dataclass(frozen=True)
class Warned:
    """A warning.

    Attributes:
        kind: As for `Module.warn_once`; "" for one that something else gave.
        text: What it says.
        category: Its class, and so on as for `warnings.warn_explicit`.
        filename: Likewise.
        lineno: Likewise.
    """

    kind: str
    text: str
    category: type[Warning] = UserWarning
    filename: str = ""
    lineno: int = 0

    def show(self, registry: Registry) -> None:
        """Give it here, unless it was given already."""
        warnings.warn_explicit(
            self.text, self.category, self.filename, self.lineno, registry=registry
        )


@dataclass(frozen=True)
class Done:
    """A script is done.

    Attributes:
        job: Number of the batch.
        number: Of the script.
        results: One for each sample.
        warned: Warnings since the one before.
    """

    job: int
    number: int
    results: list[Result]
    warned: Sequence[Warned]


@dataclass(frozen=True)
class Raised:
    """A script couldn't be run to its end here; `why` is for people."""

    job: int
    number: int
    why: str


@dataclass(frozen=True)
class Unable:
    """The module can't be made here; `why` is for people."""

    job: int
    why: str


@dataclass(frozen=True)
class Left:
    """What was on its way is given up."""

    job: int
