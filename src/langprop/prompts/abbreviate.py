"""Abbreviate values: a text that a reader can judge, however large or odd the value is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from langprop.prompts.detail import LEVELS, WHOLE, Detail
from langprop.prompts.leaf import is_array, is_container, opaque, shorten
from langprop.prompts.writer import Path, TooLongError, Tree, Writer, tree_of

MIN_BUDGET = 20  # [characters]
MAX_NAME = 60  # [characters] of an argument's name; only names of keyword arguments can be long

__all__ = ["Path", "abbreviate", "assignments", "shorten"]


def abbreviate(
    value: Any, budget: int = 1_000, focus: Iterable[Path] = (), *, exact: bool = False
) -> str:
    """Show a value in at most about `budget` characters.

    What fits is shown whole, as Python would write it, but for the floats in it: they have about
    six significant digits where there were many (see `digits`), unless they tell keys of a
    dictionary or items of a set apart. Otherwise containers, strings and arrays keep their head and
    tail, with a note of what is left out; arrays also say their shape and dtype. Never raises,
    whatever the value's own methods do.

    Args:
        value: Anything.
        budget: Characters, at least 20; about 4 make a token.
        focus: Places that must be shown, however much is left out around them: each the keys,
            indices and attribute names that lead there.
        exact: Whether floats keep all of their digits, but for those of an array that isn't shown
            whole. A float that is the value itself does anyway: an answer and its label that differ
            mustn't look alike.

    Returns:
        Text, of several lines where one would be longer than 88 characters.
    """
    exact = exact or not (is_container(value) or is_array(value))
    return _write(value, max(MIN_BUDGET, int(budget)), tree_of(focus), exact=exact)[0]


def assignments(
    values: Mapping[str, Any],
    budget: int = 2_000,
    joint: str = "\n",
    focus: Iterable[Path] = (),
) -> str:
    """Show named values as `name = value`; what short ones leave of the budget goes to long ones.

    Floats have about six significant digits, as in `abbreviate`.

    Args:
        values: By name.
        budget: Characters for all of them.
        joint: What stands between them.
        focus: Places that must be shown, as for `abbreviate`; each begins with a name.
    """
    budget = max(MIN_BUDGET, int(budget))
    tree = tree_of(focus) or {}
    names = list(values)
    room = max(1, budget // (2 * MIN_BUDGET))  # for so many, each with some text
    left_out = 0
    if len(names) > room:
        first = [name for name in names if name in tree][:room]
        rest = (name for name in names if name not in tree)
        first += [name for name, _ in zip(rest, range(room - len(first)), strict=False)]
        left_out = len(names) - len(first)
        chosen = set(first)
        names = [name for name in names if name in chosen]
    parts = _shares([(values[name], tree.get(name)) for name in names], budget)
    lines = [f"{shorten(name, MAX_NAME)} = {part}" for name, part in zip(names, parts, strict=True)]
    return joint.join([*lines, f"… {left_out:,} more …"] if left_out else lines)


def _shares(values: list[tuple[Any, Tree | None]], budget: int) -> list[str]:
    """Texts of values that share a budget: an even share each, then what is left to the long ones.

    Two rounds, so that the cost stays that of writing each value twice.
    """
    if not values:
        return []
    share = max(MIN_BUDGET, budget // len(values))
    written = [_write(value, share, tree) for value, tree in values]
    left = budget - sum(len(text) for text, whole in written if whole)
    cut = sum(not whole for _, whole in written)
    if cut and left // cut > share:
        return [
            text if whole else _write(value, left // cut, tree)[0]
            for (text, whole), (value, tree) in zip(written, values, strict=True)
        ]
    return [text for text, _ in written]


def _write(value: Any, budget: int, focus: Tree | None, *, exact: bool = False) -> tuple[str, bool]:
    """The text, and whether nothing was left out."""
    try:
        text = _attempt(WHOLE, value, budget, focus, exact=exact)
        if text is not None:
            return text, True
        best = None
        low, high = 0, len(LEVELS)  # levels before `low` are too long, from `high` on they fit
        while low < high:
            middle = (low + high) // 2
            text = _attempt(LEVELS[middle], value, budget, focus, exact=exact)
            if text is None:
                low = middle + 1
            else:
                best, high = text, middle
    except Exception:  # a value's own method failed in a way that its leaf didn't contain
        return opaque(value), True
    if best is not None:
        return best, False
    if focus:  # the way to the focus is too long
        return _write(value, budget, None, exact=exact)
    return shorten(opaque(value), budget), False


def _attempt(
    detail: Detail, value: Any, budget: int, focus: Tree | None, *, exact: bool
) -> str | None:
    """The value at a level of detail, if it fits."""
    try:
        text = Writer(detail, budget, exact=exact).write(value, 0, 0, focus)
    except TooLongError:
        return None
    return text if len(text) <= budget else None
