"""Job: what a script's process needs to know, as bytes."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from langprop.sandbox.limits import Limits
from langprop.sandbox.program import Part, Program
from langprop.sandbox.wire import decode, encode

if TYPE_CHECKING:
    from langprop.sandbox.nested import Nested
    from langprop.scripts.script import Script


@dataclass(frozen=True)
class Job:
    """What a script's process needs to know.

    Attributes:
        source: The script.
        entry_point: Name of its function.
        limits: Its limits.
        todo: Indices of the inputs to be run, in order; empty for a session.
        patience: How long a result may wait for others, to be handed out together [s].
        uses: Entry points of other scripts that it may call.
        others: The scripts that are loaded with it.
    """

    source: str
    entry_point: str
    limits: Limits
    todo: Sequence[int] = ()
    patience: float = 0.0
    uses: Sequence[str] = ()
    others: Sequence[Part] = ()

    @classmethod
    def of(cls, script: Script, limits: Limits, todo: Sequence[int], patience: float) -> Job:
        """What the process of a script needs to know."""
        return cls(
            script.source,
            script.entry_point,
            limits,
            todo,
            patience,
            script.uses,
            [Part(other.source, other.entry_point, other.uses) for other in script.depends],
        )

    def to_bytes(self) -> bytes:
        """Encode it."""
        todo = array("Q", self.todo).tobytes()
        parts = [
            [_pack(source), _pack(entry_point), [_pack(name) for name in uses]]
            for source, entry_point, uses in (
                Part(self.source, self.entry_point, self.uses),
                *self.others,
            )
        ]
        return encode([parts, asdict(self.limits), todo, self.patience])

    @classmethod
    def from_bytes(cls, data: bytes) -> Job:
        """Decode it."""
        parts, limits, indices, patience = decode(data)
        todo = array("Q")
        todo.frombytes(indices)
        script, *others = (
            Part(_unpack(source), _unpack(entry_point), [_unpack(name) for name in uses])
            for source, entry_point, uses in parts
        )
        source, entry_point, uses = script
        return cls(source, entry_point, Limits(**limits), todo, patience, uses, others)

    def program(self, nested: Nested | None) -> Program:
        """The script, to be loaded.

        Args:
            nested: Lets it call the others; None if there are none.
        """
        return Program(self.source, self.entry_point, self.uses, self.others, nested)


# A script may hold anything, lone surrogates too; it's the compiler's part to refuse them.
def _pack(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _unpack(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
