"""Patch: edits applied to a script.

An edit is looked for as it is; then, as models are careless about blanks, with less and less of
them: without those at line ends, without empty lines, and with the whole of it indented more or
less, in which case its replacement is, too. What is found in two places isn't applied: nobody knows
which one was meant. All edits are applied or none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from langprop.errors import ReplyError
from langprop.scripts.edit import Edit, Edits
from langprop.scripts.nearest import nearest

MAX_REASONS = 3  # edits whose failure is explained
_MAX_TRIED = 20  # places that are looked at; more are as good as two
_FIRST = 0x10000  # where the letters that stand for lines begin


@dataclass(frozen=True)
class _Place:
    """Where an edit goes.

    Attributes:
        first: The first line that is replaced.
        stop: The line behind the last one.
        lines: What takes their place.
    """

    first: int
    stop: int
    lines: tuple[str, ...]


class _Misfit(Exception):
    """An edit that can't be placed; says why, or, without a text, that it isn't in the script."""


def apply_edits(source: str, edits: Edits) -> str:
    """Apply edits to a script.

    Args:
        source: The script, with line feeds only.
        edits: What is to be changed.

    Returns:
        The changed script.

    Raises:
        ReplyError: An edit fits nowhere or in several places, two overlap, or nothing changes. The
            reason quotes the lines that come nearest.
    """
    # Models repeat themselves, and add edits that do nothing.
    changes = [edit for edit in dict.fromkeys(edits.edits) if edit.search != edit.readings[0][1]]
    if not source.strip() and len(changes) == 1 and not any(map(str.strip, changes[0].search)):
        return "\n".join(changes[0].readings[-1][1]) + "\n"
    text = _Text(source.split("\n"))
    places: list[_Place] = []
    later: list[tuple[int, Edit, _Misfit]] = []
    for number, edit in enumerate(changes, 1):
        try:
            place = text.find(edit)
            other = _overlapping(place, places)
            if other:
                raise _Misfit("it changes lines that an edit before it changes, too; join the two.")
            places.append(place)
        except _Misfit as misfit:
            later.append((number, edit, misfit))
    lines = _replaced(text.lines, places)
    # Some models write an edit for what the edits before it have made of the script.
    failed: list[tuple[int, Edit, _Misfit]] = []
    for number, edit, why in later:
        try:
            lines = _replaced(lines, [_Text(lines).find(edit)]) if places else lines
        except _Misfit:
            failed.append((number, edit, why))
            if len(failed) == MAX_REASONS:
                break
    failed = failed if places else later[:MAX_REASONS]
    if failed:
        reasons = [
            f"edit {number} of {len(changes)}: {str(why) or text.why_not(edit)}"
            for number, edit, why in failed
        ]
        raise ReplyError(
            "\n".join(map(str.rstrip, reasons))
            + "\nNone of the edits was applied. Send all of them again, with SEARCH lines copied "
            "from the script as they are, or send the whole script in one block."
        )
    result = "\n".join(lines)
    if result == source:
        raise ReplyError(
            "its edits leave the script as it was: what is searched for and what replaces it are "
            "the same. Change something, or send a whole new script in one block."
        )
    return result


def _overlapping(place: _Place, places: Sequence[_Place]) -> bool:
    return any(place.first < other.stop and other.first < place.stop for other in places)


def _replaced(lines: list[str], places: Sequence[_Place]) -> list[str]:
    result: list[str] = []
    at = 0
    for place in sorted(places, key=lambda each: each.first):
        result += lines[at : place.first]
        result += place.lines
        at = place.stop
    return result + lines[at:]


class _Text:
    """Lines in which lines are looked for.

    Each different line becomes a letter, so that searching is a matter of `str.find`, which takes
    linear time.
    """

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self._exact = _Letters(lines, str)
        self._trimmed = _Letters(lines, str.rstrip)
        self._full = [number for number, line in enumerate(lines) if line.strip()]
        self._dense = _Letters([lines[number] for number in self._full], str.rstrip)
        self._loose = _Letters([lines[number] for number in self._full], str.strip)

    def find(self, edit: Edit) -> _Place:
        """Where an edit goes.

        Raises:
            _Misfit: Nowhere, or in several places.
        """
        if not any(line.strip() for old, _ in edit.readings for line in old):
            raise _Misfit(
                "its SEARCH part is empty. Put the lines beside which something is to be added "
                "into it, and again, with the new ones, into the REPLACE part."
            )
        for look in (self._look_exact, self._look_trimmed, self._look_dense, self._look_shifted):
            for old, new in edit.readings:
                if any(line.strip() for line in old) and (places := look(old, new)):
                    if len(places) > 1:
                        where = " and ".join(str(place.first + 1) for place in places[:3])
                        raise _Misfit(
                            f"its SEARCH part stands in the script several times (lines {where}). "
                            "Add lines before or after it until it is the only one."
                        )
                    return places[0]
        raise _Misfit

    def why_not(self, edit: Edit) -> str:
        """Say of an edit that isn't in the script what comes nearest to it."""
        close = nearest(edit.search, self.lines)
        text = f" What comes nearest are {close}" if close else " Nothing there is like it."
        quoted = next(line.strip() for line in edit.search if line.strip())[:160]
        return f"its SEARCH part, which begins with  {quoted}  , isn't in the script.{text}"

    def _look_exact(self, old: Sequence[str], new: Sequence[str]) -> list[_Place]:
        return [_Place(at, at + len(old), tuple(new)) for at in self._exact.find(old)[:_MAX_TRIED]]

    def _look_trimmed(self, old: Sequence[str], new: Sequence[str]) -> list[_Place]:
        old, new = _core(old, new)
        return [
            _Place(at, at + len(old), tuple(new)) for at in self._trimmed.find(old)[:_MAX_TRIED]
        ]

    def _look_dense(self, old: Sequence[str], new: Sequence[str]) -> list[_Place]:
        old, new = _core(old, new)
        full = [line for line in old if line.strip()]
        return [
            _Place(self._full[at], self._full[at + len(full) - 1] + 1, tuple(new))
            for at in self._dense.find(full)[:_MAX_TRIED]
        ]

    def _look_shifted(self, old: Sequence[str], new: Sequence[str]) -> list[_Place]:
        old, new = _core(old, new)
        full = [line for line in old if line.strip()]
        found = []
        for at in self._loose.find(full)[:_MAX_TRIED]:
            numbers = self._full[at : at + len(full)]
            shifted = _shifted(full, [self.lines[number] for number in numbers], new)
            if shifted is not None:
                found.append(_Place(numbers[0], numbers[-1] + 1, shifted))
        return found


class _Letters:
    """Lines as a text that has one letter for each."""

    def __init__(self, lines: Sequence[str], key: Callable[[str], str]) -> None:
        self._key = key
        self._letters: dict[str, str] = {}
        self._text = "".join(
            self._letters.setdefault(key(line), chr(_FIRST + len(self._letters))) for line in lines
        )

    def find(self, lines: Sequence[str]) -> list[int]:
        """All places where lines stand; they may overlap. Not more than are of interest."""
        wanted = [self._letters.get(self._key(line), "") for line in lines]
        if not all(wanted):
            return []
        needle = "".join(wanted)
        places: list[int] = []
        at = self._text.find(needle)
        while at >= 0 and len(places) < _MAX_TRIED:
            places.append(at)
            at = self._text.find(needle, at + 1)
        return places


def _core(old: Sequence[str], new: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Without the empty lines around; the replacement has as many less."""
    full = [number for number, line in enumerate(old) if line.strip()]
    before, after = full[0], len(old) - 1 - full[-1]
    new = list(new)
    while before and new and not new[0].strip():
        new.pop(0)
        before -= 1
    while after and new and not new[-1].strip():
        new.pop()
        after -= 1
    return old[full[0] : full[-1] + 1], new


def _shifted(
    old: Sequence[str], found: Sequence[str], new: Sequence[str]
) -> tuple[str, ...] | None:
    """The replacement, indented as much more as the lines found are than those looked for.

    Returns:
        Its lines; None if the lines found aren't shifted evenly, or the replacement can't be.
    """
    before = [_margin(line) for line in old]
    after = [_margin(line) for line in found]
    if (
        before[0] == ""
        and after[0]
        and before[1:] == after[1:]
        and _is_stripped(old, new, after[0])
    ):
        # Only the first line has lost its margin, as happens to text that was stripped.
        if not new:
            return ()
        return None if _margin(new[0]) else (after[0] + new[0], *new[1:])
    deltas = {len(b) - len(a) for a, b in zip(before, after, strict=True)}
    only_blanks = not any(each.strip(" ") for each in (*before, *after, *map(_margin, new)))
    if only_blanks and len(deltas) == 1:
        more = deltas.pop()
        if any(line.strip() and len(_margin(line)) < -more for line in new):
            return None
        return tuple(_moved(line, more) for line in new)
    # With tabs: one margin in front of all lines in place of another.
    short, long = min(before, key=len), min(after, key=len)
    if any(
        not a.startswith(short) or long + a[len(short) :] != b
        for a, b in zip(before, after, strict=True)
    ) or any(line.strip() and not line.startswith(short) for line in new):
        return None
    return tuple(long + line[len(short) :] if line.strip() else line for line in new)


def _is_stripped(old: Sequence[str], new: Sequence[str], margin: str) -> bool:
    """Whether only the first line of both is without its margin, and not all of them."""
    if len(old) > 1:
        return True
    more = [line for line in new[1:] if line.strip()]
    # A statement that opens a block is followed by lines that are indented against it.
    return (
        bool(more)
        and all(line.startswith(margin) for line in more)
        and not new[0].rstrip().endswith((":", "(", "[", "{", ",", "\\"))
    )


def _moved(line: str, more: int) -> str:
    if not line.strip():
        return line
    return " " * more + line if more >= 0 else line[-more:]


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
