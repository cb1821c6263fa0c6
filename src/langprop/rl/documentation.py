"""Documentation: what an environment's docstring says about its observations and actions."""

from __future__ import annotations

import inspect
import keyword
import re
from dataclasses import dataclass
from typing import Any

_LONGEST = 700  # characters of a section
_MAX_WORDS = 8  # of a name


@dataclass(frozen=True)
class Row:
    """A numbered row of a table, or an item of a list.

    Attributes:
        text: What it stands for.
        unit: "" if the table doesn't say.
    """

    text: str
    unit: str = ""


class Documentation:
    """What the docstring of an environment says, as far as it keeps to Gymnasium's form.

    Sections begin with "## Title". Components stand in tables that begin with the columns "Num" and
    "Observation" or "Action"; actions also in lists such as "- 0: Push cart to the left".

    Args:
        env: The environment; wrappers are looked through.
    """

    def __init__(self, env: Any) -> None:
        doc = type(getattr(env, "unwrapped", env)).__dict__.get("__doc__")
        text = inspect.cleandoc(doc) if isinstance(doc, str) else ""
        self.summary, *parts = re.split(r"^\s*#+[ \t]+", text, flags=re.MULTILINE)
        self._sections: list[tuple[str, str]] = []
        for part in parts:
            title, _, body = part.partition("\n")
            self._sections.append((title.strip(" :*").lower(), body.strip()))

    def section(self, *words: str) -> str:
        """The first section whose title begins with one of some words; "" if there is none."""
        for title, body in self._sections:
            if title.startswith(words):
                return body
        return ""

    def prose(self, *words: str) -> str:
        """A section without tables, pictures, code and links, not too long."""
        return shorten(self.section(*words))

    def observations(self, size: int) -> list[Row]:
        """What the components are; empty unless all of them are named."""
        return _table(self.section("observation"), "observation", size)

    def actions(self, size: int) -> list[Row]:
        """What the actions, or their components, are; empty unless all of them are named."""
        text = self.section("action")
        rows = _table(text, "action", size)
        if rows:
            return rows
        items = re.findall(r"^\s*[-*]\s*(\d+)\s*[:=]\s*(.+)$", text, flags=re.MULTILINE)
        if [int(number) for number, _ in items] != list(range(size)):
            return []
        return [Row(_clean(words)) for _, words in items]


def names_of(rows: list[Row]) -> list[str]:
    """Names of parameters, one for each row; empty if there aren't any good ones."""
    names = [_identifier(row.text) for row in rows]
    return names if all(names) and len(set(names)) == len(names) else []


def shorten(text: str) -> str:
    """Prose without tables, pictures, code and links, not too long."""
    text = re.sub(r"```.*?(```|\Z)", "", text, flags=re.DOTALL)
    text = re.sub(r"<sup>(.*?)</sup>", r"^\1", text)
    text = re.sub(r"<sub>(.*?)</sub>", r"_\1", text)
    text = re.sub(r"<[a-zA-Z/][^>\n]*>", "", text)
    # Tables have a line of dashes; other drawings made of bars are kept.
    text = re.sub(
        r"(?:^[ \t]*\|.*\n)?^[ \t]*\|[ :|-]*---[ :|-]*$(?:\n[ \t]*\|.*$)*", "", text, flags=re.M
    )
    text = _clean("\n".join(line.strip() for line in text.splitlines()))
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    if len(text) > _LONGEST:
        cut = text[:_LONGEST]
        end = max(cut.rfind(". "), cut.rfind(".\n"))
        text = cut[: end + 1].rstrip() if end > _LONGEST // 3 else cut.rstrip() + "…"
    return text


def _table(text: str, kind: str, size: int) -> list[Row]:
    """Rows of the first table with a column of that kind; empty unless they are 0 … size - 1."""
    columns: list[str] = []
    rows: dict[int, Row] = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.strip().startswith("|"):
            if rows:
                break
            columns = []
        elif not columns:
            columns = [cell.lower() for cell in cells]
            if kind not in columns or columns[0] not in ("num", "#", "number", "index"):
                columns = []
        elif cells[0].isdigit() and len(cells) >= 2 and len(cells) <= len(columns) + 1:
            named = dict(zip(columns, cells, strict=False))
            rows[int(cells[0])] = Row(_clean(named.get(kind, "")), _clean(named.get("unit", "")))
    return [rows[number] for number in range(size)] if sorted(rows) == list(range(size)) else []


def _clean(text: str) -> str:
    text = re.sub(r"!?\[([^\]\n]*)\]\([^)\n]*\)", r"\1", text)  # pictures and links
    return re.sub(r"\*{2,}|`", "", text).strip()


def _identifier(text: str) -> str:
    text = re.sub(r"\s\([^)]*\)$", "", text.strip().lower())  # a unit or a remark
    words = [word for word in re.findall(r"[a-z0-9]+", text) if word not in ("the", "a", "an")]
    if not 0 < len(words) <= _MAX_WORDS:
        return ""
    name = "_".join(words)
    return name if name.isidentifier() and not keyword.iskeyword(name) and len(name) <= 60 else ""
