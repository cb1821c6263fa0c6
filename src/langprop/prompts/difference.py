"""Difference: where an answer and what it is compared with differ."""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from langprop.prompts.abbreviate import Path, abbreviate

FIRST = 8  # differences that are described
MAX_ENTRIES = 5_000  # compared one by one
MAX_ITEMS = 2_000_000  # of one array
MAX_DEPTH = 40
LONG_TEXT = 40  # [characters] of two texts that aren't seen at a glance to differ

_VALUE = 48  # [characters] of a value
_ARRAYLIKE = (list, tuple, int, float, complex)


@dataclass(frozen=True)
class Difference:
    """One place where two values differ.

    Attributes:
        path: Keys and indices that lead there.
        text: What is there, and what the other one has instead.
    """

    path: Path
    text: str


@dataclass
class Comparison:
    """Where two values differ.

    Attributes:
        first: The first differences.
        count: How many there are.
        entries: How many entries were compared.
        whole: Whether all were.
        largest: Largest difference of two numbers.
        where: Place of it.
    """

    first: list[Difference] = field(default_factory=list)
    count: int = 0
    entries: int = 0
    whole: bool = True
    largest: float = 0.0
    where: Path = ()

    @property
    def paths(self) -> list[Path]:
        """Places of the first differences."""
        return [difference.path for difference in self.first]

    def add(self, path: Path, text: str, count: int = 1) -> None:
        """Note a difference."""
        self.count += count
        if len(self.first) < FIRST:
            self.first.append(Difference(path, text))


def compare(output: Any, label: Any) -> Comparison | None:
    """Find the places where an answer and its label differ.

    Args:
        output: The answer.
        label: What it is compared with; of any type.

    Returns:
        None if they aren't two containers, arrays or longer texts of the same kind: to see both is
        all there is to know then. Never raises.
    """
    if not _comparable(output, label):
        return None
    found = Comparison()
    try:
        entries = _walk(output, label, (), found)
        for entry in entries:
            found.entries += entry
            if found.entries >= MAX_ENTRIES:
                seen = found.count, found.entries, found.first[:]
                if next(entries, None) is not None:  # there is more, which isn't told of
                    found.count, found.entries, found.first = seen
                    found.whole = False
                break
    except Exception:  # labels may be of any type, and compare in any way
        return None
    return found


def difference(output: Any, label: Any, budget: int = 400) -> str:
    """Say where an answer and its label differ.

    Returns:
        Such as "2 of 9 entries differ: [3]['speed']: 4.0 instead of 4.5; …", in about `budget`
        characters; "" if nothing differs, or if the two can't be compared entry by entry.
    """
    found = compare(output, label)
    return "" if found is None else describe(found, budget)


def describe(found: Comparison, budget: int = 400) -> str:
    """A comparison in words; "" if nothing differs."""
    if not found.count:
        return ""
    parts: list[str] = []
    left = budget
    for each in found.first:
        part = f"{path_text(each.path)}: {each.text}" if each.path else each.text
        if parts and len(part) > left:
            break
        parts.append(part)
        left -= len(part) + 2
    more = found.count - len(parts)
    if more > 0:
        parts.append(f"{more:,} more")
        if found.largest and found.where:
            parts.append(f"the largest difference is {found.largest:.4g}, {_at(found.where)}")
    if found.entries > 1:
        least, first = ("", "") if found.whole else ("at least ", "the first ")
        verb = "differs" if found.count == 1 else "differ"
        head = f"{least}{found.count:,} of {first}{found.entries:,} entries {verb}: "
        if found.count == found.entries and found.whole:
            head = f"all {found.entries:,} entries differ: "
    else:
        head = ""
    return head + "; ".join(parts)


def _exact(value: Any, budget: int) -> str:
    """A value with all digits: two that differ must not look alike."""
    return abbreviate(value, budget, exact=True)


def path_text(path: Iterable[Any]) -> str:
    """A path as Python writes it, such as "[3]['speed']"."""
    return "".join(f"[{_exact(step, _VALUE)}]" for step in path)


def _at(path: Path) -> str:
    return f"at {path_text(path)}"


def _comparable(a: Any, b: Any) -> bool:
    if _is_array(a) or _is_array(b):
        return all(_is_array(each) or isinstance(each, (list, tuple)) for each in (a, b))
    if isinstance(a, (str, bytes)) and type(a) is type(b):
        return max(len(a), len(b)) > LONG_TEXT
    return any(
        isinstance(a, kind) and isinstance(b, kind)
        for kind in (dict, (list, tuple), (set, frozenset))
    )


def _walk(a: Any, b: Any, path: Path, found: Comparison) -> Iterator[int]:
    """Compare two values; what is yielded are entries that were compared."""
    if len(path) > MAX_DEPTH:
        found.whole = False
        return
    if _is_array(a) or _is_array(b):
        if all(_is_array(each) or isinstance(each, _ARRAYLIKE) for each in (a, b)):
            yield from _arrays(a, b, path, found)
        else:
            found.add(path, f"{_exact(a, _VALUE)} instead of {_exact(b, _VALUE)}")
            yield 1
    elif isinstance(a, dict) and isinstance(b, dict):
        for key, wanted in b.items():
            if key in a:
                yield from _walk(a[key], wanted, (*path, key), found)
            else:
                found.add(path, f"the key {_exact(key, _VALUE)} is missing")
                yield 1
        for key in a:
            if key not in b:
                found.add((*path, key), "this key should not be there")
                yield 1
    elif isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        if isinstance(a, list) != isinstance(b, list):
            found.add(path, f"a {_kind(a)} instead of a {_kind(b)}")
            yield 1
        if len(a) != len(b):
            found.add(path, f"length {len(a):,} instead of {len(b):,}")
            yield 1
        for place, (mine, wanted) in enumerate(zip(a, b, strict=False)):
            yield from _walk(mine, wanted, (*path, place), found)
    elif isinstance(a, (set, frozenset)) and isinstance(b, (set, frozenset)):
        for item in itertools.islice(b - a, FIRST):
            found.add(path, f"{_exact(item, _VALUE)} is missing")
        for item in itertools.islice(a - b, FIRST):
            found.add(path, f"{_exact(item, _VALUE)} should not be there")
        found.count += max(0, len(b - a) - FIRST) + max(0, len(a - b) - FIRST)
        yield len(a | b)
    else:
        _leaves(a, b, path, found)
        yield 1


def _leaves(a: Any, b: Any, path: Path, found: Comparison) -> None:
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        if a == b or (a != a and b != b):  # noqa: PLR0124 - NaN equals NaN here
            return
        with contextlib.suppress(OverflowError):  # of integers beyond all floats
            gap = float(abs(a - b))
            if gap > found.largest:
                found.largest, found.where = gap, path
    elif bool(a == b):
        return
    if isinstance(a, str) and isinstance(b, str) and max(len(a), len(b)) > LONG_TEXT:
        found.add(path, _texts(a, b))
    else:
        found.add(path, f"{_exact(a, _VALUE)} instead of {_exact(b, _VALUE)}")


def _texts(a: str, b: str) -> str:
    """Where two texts differ first."""
    place = next(
        (n for n, (mine, wanted) in enumerate(zip(a, b, strict=False)) if mine != wanted),
        min(len(a), len(b)),
    )
    line = a.count("\n", 0, place) + 1
    start = max(0, place - 10)
    mine, wanted = (_exact(each[start : place + 24], _VALUE + 24) for each in (a, b))
    lengths = "" if len(a) == len(b) else f" (lengths {len(a):,} and {len(b):,})"
    where = f"at character {place + 1:,}, in line {line:,},"
    return f"{where} there is {mine} instead of {wanted}{lengths}"


def _arrays(a: Any, b: Any, path: Path, found: Comparison) -> Iterator[int]:
    numpy = sys.modules["numpy"]  # one of them is an array
    a, b = numpy.asarray(a), numpy.asarray(b)
    if a.shape != b.shape:
        found.add(path, f"shape {a.shape} instead of {b.shape}")
        yield 1
        return
    shape = a.shape
    a, b = a.reshape(-1), b.reshape(-1)
    if a.size > MAX_ITEMS:
        a, b, found.whole = a[:MAX_ITEMS], b[:MAX_ITEMS], False
    differ = a != b
    if a.dtype.kind in "fc" and b.dtype.kind in "fc":
        differ &= ~(numpy.isnan(a) & numpy.isnan(b))
    places = numpy.flatnonzero(differ)
    found.entries += int(a.size)  # not yielded: they cost nothing
    for place in places[:FIRST].tolist():
        index = tuple(int(n) for n in numpy.unravel_index(place, shape))
        mine, wanted = (_exact(_plain(each[place]), _VALUE) for each in (a, b))
        found.add((*path, *index), f"{mine} instead of {wanted}")
    found.count += max(0, places.size - FIRST)
    if places.size and a.dtype.kind in "iuf" and b.dtype.kind in "iuf":
        gaps = numpy.abs(a[places].astype(float) - b[places].astype(float))
        largest = int(numpy.argmax(numpy.nan_to_num(gaps, nan=-1.0)))
        if gaps[largest] > found.largest:
            found.largest = float(gaps[largest])
            at = numpy.unravel_index(int(places[largest]), shape)
            found.where = (*path, *(int(n) for n in at))
    yield 0


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")  # whoever has an array has imported it
    return numpy is not None and isinstance(value, numpy.ndarray)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _kind(value: Any) -> str:
    return "list" if isinstance(value, list) else "tuple"
