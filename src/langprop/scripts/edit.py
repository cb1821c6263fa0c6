"""Edit: one change of a script that a reply asks for."""

from __future__ import annotations

from dataclasses import dataclass

Reading = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Edit:
    """One edit: what is searched for, and what takes its place, as lines.

    Attributes:
        readings: What it may mean, the likeliest first; it is never empty.
    """

    readings: tuple[Reading, ...]

    @property
    def search(self) -> tuple[str, ...]:
        """What is searched for, in the likeliest reading."""
        return self.readings[0][0]


@dataclass(frozen=True)
class Edits:
    """The edits of a reply.

    Attributes:
        edits: In order.
        rest: The reply without them, where a whole script may stand.
        complete: Whether there is text after the last one: it wasn't cut off there.
    """

    edits: tuple[Edit, ...]
    rest: str = ""
    complete: bool = True
