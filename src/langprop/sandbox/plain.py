"""What plain data is: the types and bounds that the encoder and the decoder share."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, Protocol

from langprop.errors import WireError

PLAIN = (
    "None, bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, "
    "numpy numbers and arrays"
)
"""What can be sent, in words."""

MAX_DEPTH = 64  # containers in containers
MAX_INT_BITS = 14_000  # 4,215 digits: Python refuses to print integers of more than 4,300
MAX_NDIM = 32
MIN_SHARED = 1 << 16  # [bytes] below it, an array is copied faster than it is mapped

TUPLE, SET, FROZENSET, COMPLEX, INT, ARRAY, SCALAR, SHARED = range(1, 9)
"""Extension types of msgpack. `SHARED` is an array whose items are elsewhere, in shared memory."""


class Shelf(Protocol):
    """Takes large arrays when data is encoded."""

    def put(self, array: Any, /) -> int | None:
        """Take an array: where it can be found then, or None to have it among the other bytes."""


Fetch = Callable[[int, int], memoryview]
"""Gives the items of a large array when data is decoded, by place and size [bytes]."""

PLACE = struct.Struct("<Q")
COMPLEX_FORMAT = struct.Struct("<dd")
LEAVES = frozenset({type(None), bool, int, float, str, bytes, complex})
CONTAINERS = (list, tuple, dict, set, frozenset)

TOO_DEEP = f"data nested more than {MAX_DEPTH} deep, or data that contains itself"


def check_depth(value: Any) -> None:
    """Refuse deep nesting; level by level, as recursion would itself be too deep."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        parts: list[Iterable[Any]] = []
        for item in level:
            if isinstance(item, dict):
                parts += (item, item.values())
            elif isinstance(item, CONTAINERS):
                parts.append(item)
        if not parts:
            return
        level = list(chain.from_iterable(parts))
        if LEAVES.issuperset(map(type, level)):  # at the speed of C, for large flat data
            level = []
        # By exact type: most items are leaves, and `isinstance` takes longest for them.
        level = [item for item in level if type(item) not in LEAVES]
    raise WireError(TOO_DEEP)
