"""DecisionLog: what was decided on a drive, from which the drive can be repeated."""

from __future__ import annotations

import math
import zlib
from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from typing import Any, cast

from langprop.driving.agents.agent import Decision
from langprop.driving.frames.frame import LEVELS
from langprop.driving.scene import Level
from langprop.errors import CheckpointError

_WIDTH = 4  # numbers of a decision: level, angle, target speed or NaN, number of its error or 0
_ERRORS = 256  # different errors that are kept; later ones are taken for the last
LONGEST = 500
"""Characters of an error that are kept."""


class DecisionLog:
    """What was decided on a drive, tick by tick.

    Attributes:
        reliefs: Ticks before which another driver took over.
    """

    def __init__(self) -> None:
        self._numbers = array("d")
        self._errors: dict[str, int] = {}
        self.reliefs: list[int] = []

    def __len__(self) -> int:
        return len(self._numbers) // _WIDTH

    def add(self, decision: Decision) -> None:
        """Note a decision."""
        speed = math.nan if decision.target_speed is None else decision.target_speed
        number = 0
        if decision.error:
            error = decision.error[:LONGEST]
            if len(self._errors) < _ERRORS:
                self._errors.setdefault(error, len(self._errors) + 1)
            number = self._errors.get(error, _ERRORS)
        level = float(LEVELS.index(decision.level))
        self._numbers.extend((level, decision.angle, speed, float(number)))

    def pop(self) -> None:
        """Forget the last decision."""
        del self._numbers[-_WIDTH:]

    def relieve(self) -> None:
        """Note that another driver takes over."""
        self.reliefs.append(len(self))

    def __iter__(self) -> Iterator[Decision]:
        errors = ["", *self._errors]
        numbers = self._numbers
        for start in range(0, len(numbers), _WIDTH):
            level, angle, speed, number = numbers[start : start + _WIDTH]
            yield Decision(
                cast("Level", LEVELS[int(level)]),
                angle,
                None if math.isnan(speed) else speed,
                errors[int(number)],
                "exception" if number else "",
            )

    def state_dict(self) -> dict[str, Any]:
        """Everything, as JSON data."""
        packed = b64encode(zlib.compress(self._numbers.tobytes())).decode()
        return {"decisions": packed, "errors": list(self._errors), "reliefs": self.reliefs}

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any]) -> DecisionLog:
        """The inverse of `state_dict`.

        Raises:
            CheckpointError: It is no such state.
        """
        made = cls()
        try:
            made._numbers.frombytes(zlib.decompress(b64decode(state["decisions"], validate=True)))
            made._errors = {str(error): n for n, error in enumerate(state["errors"], 1)}
            made.reliefs = [int(tick) for tick in state["reliefs"]]
            sound = len(made._numbers) % _WIDTH == 0
            sound = sound and all(0 <= each < len(LEVELS) for each in made._numbers[::_WIDTH])
            known = len(made._errors)
            sound = sound and all(0 <= each <= known for each in made._numbers[3::_WIDTH])
        except (KeyError, TypeError, ValueError, zlib.error) as error:
            raise CheckpointError(f"the log of a drive can't be read: {error}") from error
        if not sound:
            raise CheckpointError("the log of a drive is damaged.")
        return made
