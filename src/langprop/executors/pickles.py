"""Pickles: what this process and its helpers say to each other."""

from __future__ import annotations

import io
import pickle
import struct
from dataclasses import dataclass
from typing import Any

LENGTH = struct.Struct("<Q")
"""Length of a message [bytes]; it stands before it."""


@dataclass(frozen=True)
class Ready:
    """What a helper says first; `why_not` if it can't be."""

    why_not: str = ""


@dataclass(frozen=True)
class Gone:
    """What is said of a helper that has ended, and how."""

    how: str


class Reader:
    """Cuts a stream into messages."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are complete now."""
        rest = self._rest
        rest += data
        found, place = [], 0
        while len(rest) - place >= LENGTH.size:
            (size,) = LENGTH.unpack_from(rest, place)
            end = place + LENGTH.size + size
            if len(rest) < end:
                break
            found.append(bytes(rest[place + LENGTH.size : end]))
            place = end
        del rest[:place]
        return found


class _Portable(pickle.Pickler):
    """Refuses what another process would look for in vain, or find to be something else."""

    def reducer_override(self, thing: Any) -> Any:
        if getattr(thing, "__module__", None) == "__main__" and hasattr(thing, "__qualname__"):
            raise pickle.PicklingError(
                f"{thing.__qualname__} is defined in the program that is run: put it in a file "
                "that it imports."
            )
        return NotImplemented


def portable(thing: Any) -> bytes:
    """A pickle that another process of the same user can read.

    Functions and classes go by their names.

    Raises:
        Exception: It can't be had, as with lambdas and what `__main__` defines; many kinds.
    """
    file = io.BytesIO()
    _Portable(file, protocol=pickle.HIGHEST_PROTOCOL).dump(thing)
    return file.getvalue()
