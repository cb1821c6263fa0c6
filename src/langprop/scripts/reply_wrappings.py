"""Wrappings: what a reply is wrapped in beside code fences: thoughts, tags, JSON, a web page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from langprop.scripts.fences import Block

MAX_VALUES = 1_000  # of a JSON answer that are looked at
MAX_TAGS = 30
MAX_TOKENS = 10  # at the end of a reply
MAX_OBJECTS = 20  # places where a JSON object may begin

_THINK = r"think(?:ing)?|thoughts?|reasoning|analysis|scratchpad|reflection"
_OPENED = re.compile(rf"\s*(?:<(?:{_THINK})>|\[THINK\]|◁think▷)", re.IGNORECASE)
_THOUGHT = re.compile(
    rf"(?P<margin>^[ \t]*)?(?:</(?P<tag>{_THINK})>|\[/THINK\]|◁/think▷)",
    re.MULTILINE | re.IGNORECASE,
)
_FINAL = re.compile(r"<\|channel\|>\s*final\b[^<\n]*(?:<\|[a-z]+\|>)*")  # gpt-oss, unparsed
_SPECIAL = re.compile(r"(?:<\|[A-Za-z_]{1,40}\|>|</s>|<｜[^｜\n<]{1,40}｜>)\Z")

_TAG = re.compile(
    r"<(?P<name>python|code|script|answer|solution|program|function|implementation|final_answer|"
    r"final|output|file|source|artifact|antArtifact|result|improved_code|new_code|pre)"
    r"(?:\s[^<>\n]{0,300})?>|\[(?P<square>PYTHON|CODE|ANSWER|SOLUTION)\]|(?P<llama><\|python_tag\|>)",
    re.IGNORECASE,
)
_CDATA = re.compile(r"\A\s*<!\[CDATA\[(.*?)(?:\]\]>\s*)?\Z", re.DOTALL)
_HTML = re.compile(r"\s*(?:<!doctype\s+html|<html\b|<\?xml\b[^>]*\?>\s*<!doctype\s+html)", re.I)
_TITLE = re.compile(r"<title[^>]{0,100}>\s*([^<]{0,200})", re.IGNORECASE)


def spoken(text: str) -> tuple[str, bool]:
    """Leave out what a reasoning model thought aloud; some servers don't send the opening tag.

    Returns:
        The answer, and whether the text ends within a thought, which is then all of it. Where
        nothing follows the thoughts, they are the answer.
    """
    text = _without_tokens(text)
    if not any(sign in text for sign in ("</", "[/", "◁/")) and not _OPENED.match(text):
        return text, False
    opened = _OPENED.match(text) is not None
    ends = [
        tag
        for tag in _THOUGHT.finditer(text)
        # Others than these are also what an answer may be headed with.
        if tag["margin"] is not None and (opened or (tag["tag"] or "think").lower()[:5] == "think")
    ]
    if opened and not ends:
        ends = list(_THOUGHT.finditer(text))[:1]
    if not ends:
        return text, opened
    rest = text[ends[-1].end() :]
    return (rest if rest.strip() else text[: ends[-1].start()]), False


def _without_tokens(text: str) -> str:
    """Without the special tokens that a server should have kept to itself."""
    for _ in range(MAX_TOKENS):
        stripped = text.rstrip()
        token = _SPECIAL.search(stripped[-100:]) if stripped.endswith(">") else None
        if token is None:
            break
        text = stripped[: -len(token[0])]
    if text[:100].lstrip().startswith("<|"):
        for found in _FINAL.finditer(text):
            text = text[found.end() :]
            break
    return text


def tagged(text: str) -> list[Block]:
    """What stands between tags that models put around code, such as `<code>`."""
    found: list[Block] = []
    at = 0
    for _ in range(MAX_TAGS):
        tag = _TAG.search(text, at)
        if tag is None:
            break
        if tag["llama"]:
            end, length = len(text), 0
        else:
            name = tag["name"] or tag["square"]
            closing = f"</{name}>" if tag["name"] else f"[/{name}]"
            end = _find(text, closing, tag.end())
            length = len(closing)
        stop = len(text) if end < 0 else end
        inner = text[tag.end() : stop]
        cdata = _CDATA.match(inner)
        found.append(Block(cdata[1] if cdata else inner, "", closed=end >= 0 and not tag["llama"]))
        if end < 0:
            break
        # An answer may hold a tag for the code in it.
        at = tag.end() if _TAG.search(inner) else stop + length
    return found


def _find(text: str, closing: str, start: int) -> int:
    found = re.compile(re.escape(closing), re.IGNORECASE).search(text, start)
    return found.start() if found else -1


def json_texts(text: str) -> list[str]:
    """Texts in a JSON answer, deepest last; [] if there is no JSON object in the text."""
    if '"' not in text:
        return []
    decoder = json.JSONDecoder(strict=False)  # models write line breaks as they are
    at = -1
    for _ in range(MAX_OBJECTS):
        at = text.find("{", at + 1)
        if at < 0:
            break
        if not re.compile(r'\{\s*"').match(text, at):
            continue
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            continue
        found = [each for each in _texts(value) if "\n" in each or "def " in each]
        if found:
            return found
        at = end - 1
    return []


def _texts(value: object) -> Iterator[str]:
    waiting = [value]
    for _ in range(MAX_VALUES):
        if not waiting:
            return
        first = waiting.pop(0)
        if isinstance(first, str):
            yield first
        elif isinstance(first, dict):
            waiting += first.values()
        elif isinstance(first, list):
            if first and all(isinstance(line, str) for line in first):
                yield "\n".join(line.rstrip("\n") for line in first)  # a script line by line
            waiting += (each for each in first if not isinstance(each, str) or "\n" in each)


def web_page(text: str) -> str | None:
    """The title of a web page, "" if it has none; None if the text is no web page."""
    if not _HTML.match(text[:2_000]):
        return None
    title = _TITLE.search(text[:20_000])
    return " ".join(title[1].split())[:100] if title else ""
