"""Job: what a script's process needs to know, as bytes."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from langprop.sandbox.limits import Limits
from langprop.sandbox.wire import decode, encode


@dataclass(frozen=True)
class Job:
    """What a script's process needs to know.

    Attributes:
        source: The script.
        entry_point: Name of its function.
        limits: Its limits.
        todo: Indices of the inputs to be run, in order; empty for a session.
        patience: How long a result may wait for others, to be handed out together [s].
    """

    source: str
    entry_point: str
    limits: Limits
    todo: Sequence[int] = ()
    patience: float = 0.0

    def to_bytes(self) -> bytes:
        """Encode it."""
        # A script may hold anything, lone surrogates too; it's the compiler's part to refuse them.
        source = self.source.encode("utf-8", "surrogatepass")
        entry_point = self.entry_point.encode("utf-8", "surrogatepass")
        todo = array("Q", self.todo).tobytes()
        return encode([source, entry_point, asdict(self.limits), todo, self.patience])

    @classmethod
    def from_bytes(cls, data: bytes) -> Job:
        """Decode it."""
        source, entry_point, limits, indices, patience = decode(data)
        todo = array("Q")
        todo.frombytes(indices)
        return cls(
            source.decode("utf-8", "surrogatepass"),
            entry_point.decode("utf-8", "surrogatepass"),
            Limits(**limits),
            todo,
            patience,
        )
