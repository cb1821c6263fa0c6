"""Continuation: a reply that was cut off, and what the model wrote when it was asked to go on.

Text only: nothing is parsed, so that this may happen in the process that trains. Models go on in
the middle of a word, repeat the last lines, open the code block again, say that they will continue,
or start all over. What is certain is decided here. Where it isn't, there are several candidates;
the one that is Python tells: `Workshop.read_any`.
"""

from __future__ import annotations

import re

from langprop.scripts.fences import is_open
from langprop.scripts.reply_wrappings import spoken

MAX_CANDIDATES = 12
MAX_OVERLAP = 20_000  # [characters] that are compared
MAX_PRELUDE = 6  # [lines] of prose before a continuation

_SCANNED = 4_000_000  # [characters] of the end of the first part: no reply that is read is longer
_FENCE = re.compile(r"^[ \t>]*(?:`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_HEAD = re.compile(
    r"^(?:(?:async )?def \w+ *\(|class \w+|from \S+ import\b|import \w|[ \t]*<{5,} ?\w*)"
)
_DEF = re.compile(r"^(?:async )?def (\w+) *\(|^class (\w+)", re.MULTILINE)
_PROSE = re.compile(
    r"^(?:\W*\b(?i:continu|here|sure|okay|ok\b|certainly|of course|picking|resum|apolog|sorry|"
    r"the rest|rest of|as requested|below|let me|i'll|i will|understood)[^=()]*|[^\x00-\x7f].*"
    r"|[A-Z][^=()\[\]{}]*[:.…])$"
)


def join_continuation(first: str, more: str) -> list[str]:
    """What a reply and its continuation may be together, the likeliest first.

    The time grows with the length of the texts, not with its square.

    Args:
        first: The reply that was cut off.
        more: What came when the model was asked to go on.

    Returns:
        One text at least, `MAX_CANDIDATES` at most, all different.
    """
    first, more = _lines(first), _lines(more)
    said = spoken(more)[0]
    more = said if said == more else said.lstrip("\n")
    if not more.strip():
        return [first]
    if not first.strip():
        return [more]
    candidates: list[str] = []
    within = is_open(first[-_SCANNED:])
    bodies = _bodies(more, within)
    for body in bodies:
        again = _again(first, body)
        if again is not None:
            candidates.append(again)
    alone = _is_whole(first, more)
    if alone:
        candidates.append(more)
    for body in bodies:
        candidates += _joined(first, body)
    if not alone:
        candidates.append(more)
    return list(dict.fromkeys(candidates))[:MAX_CANDIDATES]


def _lines(text: str) -> str:
    """With line feeds only."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _bodies(more: str, within: bool) -> list[str]:
    """The continuation without what is said before it; the likeliest first.

    Args:
        more: The continuation.
        within: Whether the first part ends in an open code block.
    """
    if not within:
        return [more]
    head = more[:5_000].split("\n")
    spoken_lines = 0
    for number, line in enumerate(head):
        fence = _FENCE.match(line)
        if fence is not None:
            body = _after(more, number)
            if fence["info"].strip():  # opens the block again
                return [body] if spoken_lines <= MAX_PRELUDE else [more]
            # A bare fence opens it, too, or closes it. If it opens it, another one closes it.
            again = body.strip() and any(map(_FENCE.match, body.split("\n")))
            if again and all(map(_is_prose, head[:number])):
                return [body, more]
            break
        if line.strip():
            spoken_lines += 1
        if spoken_lines > MAX_PRELUDE:
            break
    opening = next((number for number, line in enumerate(head) if line.strip()), 0)
    if not head[opening][:1].isspace() and _is_prose(head[opening]):
        return [_after(more, opening).removeprefix("\n"), more]
    return [more]


def _is_prose(line: str) -> bool:
    return not line.strip() or _PROSE.match(line.strip()[:500]) is not None


def _after(text: str, number: int) -> str:
    """What follows a line."""
    at = -1
    for _ in range(number + 1):
        at = text.find("\n", at + 1)
        if at < 0:
            return ""
    return text[at + 1 :]


def _again(first: str, body: str) -> str | None:
    """The two where the model went back to the start of a function, an edit or the whole script."""
    body = body.lstrip("\n")
    line, _, rest = body.partition("\n")
    line = line.rstrip()
    if not _HEAD.match(line):
        return None
    at = _last_line(first, line)
    if at < 0 and (found := _DEF.match(line)):
        # The same function with another signature.
        at = _last_start(first, found[0])
    if at < 0:
        return None
    if line.lstrip().startswith("<") and ">>>>" in first[at:]:
        return None  # that edit was complete; this is another one like it
    if line.startswith(("import ", "from ")):
        # An import may stand anywhere; what follows tells whether it is the same place.
        following = first[at:].partition("\n")[2].strip("\n").partition("\n")[0].rstrip()
        if not rest.strip("\n").startswith(following):
            return None
    return first[:at] + body


def _last_line(text: str, line: str) -> int:
    """Where a line stands for the last time; -1 if it doesn't."""
    stop = len(text)
    for _ in range(1_000):
        at = text.rfind(line, 0, stop)
        if at < 0:
            return -1
        if (at == 0 or text[at - 1] == "\n") and not text[at + len(line) :].partition("\n")[
            0
        ].strip():
            return at
        stop = at + len(line) - 1
    return -1


def _last_start(text: str, start: str) -> int:
    at = text.rfind("\n" + start)
    return at + 1 if at >= 0 else (0 if text.startswith(start) else -1)


def _is_whole(first: str, more: str) -> bool:
    """Whether a continuation defines again all that the first part does."""
    again = {found[1] or found[2] for found in _DEF.finditer(more)}
    before = {found[1] or found[2] for found in _DEF.finditer(first)}
    return bool(before) and before <= again


def _joined(first: str, body: str) -> list[str]:
    """The two one after the other, without what stands in both."""
    plain = first + body
    tail = first[first.rfind("\n") + 1 :]
    whole = first[: len(first) - len(tail)]
    others = [first + "\n" + body] if tail.strip() else [whole + body]
    if not body[:1].isspace():  # what white space it began with may have been lost
        base = first + "\n" if tail.strip() else whole
        others += [base + margin + body for margin in _margins(base, body)]
        others += [first + " " + body] * bool(tail.strip())
    size = _overlap(first, body)
    without = [first + body[size:]] if size else []
    # The last line was written anew, and some before it.
    size_before = _overlap(whole, body) if tail else 0
    if size_before and "\n" in body[:size_before]:
        without.append(whole + body[size_before:])
    if without and _is_sure(first, body[: max(size, size_before)]):
        return [*without, plain, *others]
    return [plain, *without, *others]


def _margins(base: str, body: str) -> list[str]:
    """How the first line of a continuation may have been indented, likeliest first."""
    before = [line for line in base[-2_000:].split("\n")[-MAX_PRELUDE:] if line.strip()]
    if not before:
        return []
    last = before[-1]
    margins = [_margin(last) + "    " * last.rstrip().endswith(":")]
    margins += [_margin(line) for line in reversed(before)]
    line, _, rest = body[:2_000].partition("\n")
    following = next((each for each in rest.split("\n") if each.strip()), "")
    if _margin(following):
        # A line that opens a block stands one step further out than the next one.
        margins.insert(0, _margin(following)[4 * line.rstrip().endswith(":") :])
    return [margin for margin in dict.fromkeys(margins) if margin][:3]


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _is_sure(first: str, common: str) -> bool:
    """Whether text that stands in both is a repetition, and no chance."""
    if "\n" in common.strip("\n") or len(common.strip()) >= 20:
        return True
    if "\n" in common:
        return len(common.strip()) >= 2
    # From the start of the last line: it was begun again.
    before = first[: len(first) - len(common)]
    return bool(common.strip()) and not before[before.rfind("\n") + 1 :].strip()


def _overlap(first: str, more: str) -> int:
    """Length of the longest end of the one that is the start of the other.

    Knuth, Morris and Pratt's prefix function of `more`, run over the end of `first`.
    """
    more = more[:MAX_OVERLAP]
    first = first[-len(more) :]
    if not first or not more or first[-1] not in more:
        return 0
    border = [0] * len(more)
    size = 0
    for at in range(1, len(more)):
        while size and more[at] != more[size]:
            size = border[size - 1]
        size += more[at] == more[size]
        border[at] = size
    size = 0
    for letter in first:
        while size and (size == len(more) or letter != more[size]):
            size = border[size - 1]
        size += letter == more[size]
    return size
