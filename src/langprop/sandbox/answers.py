"""Answers: outcomes of calls that all went well, with nothing else to tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from langprop.sandbox.outcome import Outcome


class Answers(Sequence[Outcome]):
    """Outcomes of calls that all went well: nothing was printed, and no module called another one.

    Whoever makes a million calls asks for `outputs` and `seconds`; the outcomes are made where
    somebody looks at them.

    Args:
        outputs: The answers, plain data, in the order of the calls.
        seconds: Duration of each call [s].
    """

    __slots__ = ("outputs", "seconds")

    def __init__(self, outputs: list[Any], seconds: list[float]) -> None:
        self.outputs = outputs
        self.seconds = seconds

    def __len__(self) -> int:
        return len(self.outputs)

    @overload
    def __getitem__(self, place: int) -> Outcome: ...

    @overload
    def __getitem__(self, place: slice) -> list[Outcome]: ...

    def __getitem__(self, place: int | slice) -> Outcome | list[Outcome]:
        if isinstance(place, slice):
            return list(map(answered, self.outputs[place], self.seconds[place]))
        return answered(self.outputs[place], self.seconds[place])

    def __repr__(self) -> str:
        return repr(list(self))


def answered(output: Any, seconds: float) -> Outcome:
    """An outcome of a call that went well; at a third of the price of the frozen constructor."""
    outcome = object.__new__(Outcome)
    object.__setattr__(
        outcome,
        "__dict__",
        {
            "status": "ok",
            "output": output,
            "exception": "",
            "printed": "",
            "seconds": seconds if 0 <= seconds < 1e9 else 0.0,
            "calls": (),
        },
    )
    return outcome
