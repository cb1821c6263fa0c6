"""Describer: an episode in words, for whoever writes the next script."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from langprop.rl.documentation import Documentation
from langprop.rl.episode import Episode
from langprop.rl.leaves import MOST, leaves
from langprop.scripts.parameters import parameter_names
from langprop.scripts.parsing import find_function

if TYPE_CHECKING:
    import gymnasium

_Parts = list[tuple[str, Any]]

_LONGEST = 6_000  # characters of a description
_MOST_STEPS = 48  # of an episode that keeps more
_MOST_ACTIONS = 10  # that are counted one by one
_ABREAST = 8  # steps beside each other in a table
_NAME, _CELL, _MEANING = 48, 24, 60  # characters at the most


class Describer:
    """Tells how an episode went: its end, rewards, actions, ranges, and the last steps.

    Args:
        names: Of the arguments of the policy.
        components: What the numbers of an observation are called, where it is a single argument.
        actions: What actions stand for.
        space: The actions.
    """

    def __init__(
        self,
        names: Sequence[str] = (),
        *,
        components: Sequence[str] = (),
        actions: Mapping[int, str] | None = None,
        space: Any = None,
    ) -> None:
        self._names = list(names)
        self._components = list(components)
        self._actions = dict(actions or {})
        self._count = _action_counter(space)

    @classmethod
    def of(cls, env: gymnasium.Env[Any, Any], source: str, entry_point: str) -> Describer:
        """What an environment's spaces and documentation tell.

        Args:
            env: The environment.
            source: The stub.
            entry_point: Its function.
        """
        documentation = Documentation(env)
        names = parameter_names(find_function(source, entry_point))
        seen, done = env.observation_space, env.action_space
        size = int(math.prod(getattr(seen, "shape", None) or (0,)))
        components = (
            [row.text for row in documentation.observations(size)] if 0 < size <= MOST else []
        )
        start = int(getattr(done, "start", 0)) if hasattr(done, "n") else 0
        number = getattr(done, "n", None)
        if not isinstance(number, (int, np.integer)):  # a MultiBinary may have several dimensions
            number = math.prod(getattr(done, "shape", None) or (0,))
        rows = documentation.actions(int(number)) if 0 < number <= 100 else []
        actions = {start + place: row.text for place, row in enumerate(rows)}
        return cls(
            names,
            components=components if len(names) == 1 and size > 1 else (),
            actions=actions,
            space=done,
        )

    def __call__(self, episode: Episode) -> str:
        """The episode in words, of a limited size whatever was observed."""
        lines = [self._end(episode)]
        if episode.info:
            told = ", ".join(f"{key} = {value!r}" for key, value in episode.info.items())
            lines.append(f"What the environment says of the last step: {told}.")
        if episode.rewards:
            lines.append(_rewards(episode.rewards))
            lines += self._count(episode.actions, self._actions)
        lines += self._table(episode)
        text = "\n".join(lines)
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

    @staticmethod
    def _end(episode: Episode) -> str:
        steps = len(episode)
        ways = {"terminated": "the environment terminated it", "truncated": "it was truncated"}
        how = ways.get(episode.ended, "")
        if episode.ended == "truncated" and steps == episode.limit:
            how = "it had reached the limit of steps"
        return (
            f"The episode with seed {episode.seed} ended after {steps:,} "
            f"step{'s' if steps != 1 else ''} with a return of {episode.total:.6g}"
            f"{': ' if how else ''}{how}."
        )

    def _table(self, episode: Episode) -> list[str]:
        """What was observed and done in the last steps, a row for each component."""
        tail = episode.tail[-_MOST_STEPS:]
        columns = [self._parts(observation) for observation, _, _ in tail]
        final = self._parts(episode.final) if episode.final is not None else None
        some = columns[-1:] or ([final] if final is not None else [])
        if not some or (not tail and not episode.ranges):
            return []
        names = [name for name, _ in some[0]][:MOST]
        ranges = episode.ranges if len(episode.ranges) == len(some[0]) else []
        heads = ["", *(["lowest", "highest"] if ranges else [])]
        left = [
            [_cut(name, _NAME), *(_range(ranges[place]) if ranges else [])]
            for place, name in enumerate(names)
        ]
        first = len(episode) - len(tail) + 1
        shown: list[tuple[str, _Parts, str, str]] = [
            (f"step {first + place}", column, _cell(action), _number(reward))
            for place, (column, (_, action, reward)) in enumerate(zip(columns, tail, strict=True))
        ]
        if final is not None:
            shown.append(("end", final, "", ""))
        lines = [
            "What was observed before each of the last steps"
            f"{' and at the end' if final is not None else ''}"
            f"{' (lowest and highest: in the whole episode)' if ranges else ''}, the actions and "
            "the rewards:"
        ]
        for begin in range(0, len(shown), _ABREAST):
            block = shown[begin : begin + _ABREAST]
            rows = [
                [*line, *(_value(column, place) for _, column, _, _ in block)]
                for place, line in enumerate(left)
            ]
            blank = [""] * (len(heads) - 1)
            rows.append(["action", *blank, *(action for _, _, action, _ in block)])
            rows.append(["reward", *blank, *(reward for _, _, _, reward in block)])
            lines += _aligned([[*heads, *(title for title, *_ in block)], *rows])
        if len(some[0]) > len(names):
            lines.append(f"… and {len(some[0]) - len(names)} more components.")
        return lines

    def _parts(self, observation: Any) -> _Parts:
        """The leaves of an observation, with names."""
        names = self._names
        if len(names) == 1 or not isinstance(observation, (list, tuple)):
            parts = list(leaves(observation, names[0] if names else "observation"))
            if len(parts) == len(self._components) > 0:
                return [
                    (f"{name} {text}", value)
                    for (name, value), text in zip(parts, self._components, strict=True)
                ]
            return parts
        if len(names) == len(observation) and all(type(each) is float for each in observation):
            return list(zip(names, observation, strict=True))
        found: _Parts = []
        for place, value in enumerate(observation):
            found += leaves(value, names[place] if place < len(names) else f"[{place}]")
        return found


_Count = Callable[[Sequence[Any], Mapping[int, str]], list[str]]


def _action_counter(space: Any) -> _Count:
    """What tells how often a policy did what."""
    kind = type(space).__name__
    if kind == "Discrete" and int(space.n) <= _MOST_ACTIONS:
        every = range(int(space.start), int(space.start) + int(space.n))
        return lambda actions, meanings: _counted(actions, meanings, every)
    if kind == "Box" and np.dtype(space.dtype).kind == "f" and space.shape is not None:
        low, high = np.ravel(space.low).tolist(), np.ravel(space.high).tolist()
        return lambda actions, meanings: _spread(actions, meanings, low, high)
    return lambda actions, meanings: _counted(actions, meanings, ())


def _counted(
    actions: Sequence[Any], meanings: Mapping[int, str], every: Sequence[int]
) -> list[str]:
    """How often each action was chosen; those of `every` that never were are named, too."""
    counts: Counter[Any] = Counter()
    try:
        counts.update(actions)  # at the speed of C for numbers
    except TypeError:  # lists and arrays
        counts.clear()
        counts.update(map(_cell, actions))
    parts = []
    for action, count in counts.most_common(_MOST_ACTIONS):
        parts.append(f"{_named(action, meanings)} × {count} ({count / len(actions):.0%})")
    if len(counts) > _MOST_ACTIONS:
        parts.append(f"{len(counts) - _MOST_ACTIONS} others")
    parts += [f"{_named(each, meanings)} never" for each in every if each not in counts]
    return [f"Actions: {', '.join(parts)}."]


def _named(action: Any, meanings: Mapping[int, str]) -> str:
    number = int(action) if isinstance(action, (bool, int, float, np.number)) else None
    text = str(action) if isinstance(action, str) else _cell(action if number is None else number)
    meaning = meanings.get(number, "") if number is not None else ""
    return f"{text} ({_cut(meaning, _MEANING)})" if meaning else text


def _spread(
    actions: Sequence[Any],
    meanings: Mapping[int, str],
    low: Sequence[float],
    high: Sequence[float],
) -> list[str]:
    """Of continuous actions: range and mean, and how often they were at a bound."""
    try:
        table = np.asarray(actions, float).reshape(len(actions), -1)
    except (TypeError, ValueError):  # of different forms
        return []
    if table.shape[1] != len(low):
        return []
    lines = []
    for place, column in enumerate(table.T[:MOST]):
        meaning = meanings.get(place, "")
        which = f"{place} " if len(low) > 1 else ""
        name = f"{which}({_cut(meaning, _MEANING)}) " if meaning else which
        text = f"from {column.min():.4g} to {column.max():.4g}, mean {column.mean():.4g}"
        for bound in (low[place], high[place]):
            share = float(np.isclose(column, bound).mean())
            if share:
                text += f", {bound:.4g} in {share:.0%} of the steps"
        lines.append(f"Action {name}{text}.")
    return lines


def _rewards(rewards: Sequence[float]) -> str:
    low, high = min(rewards), max(rewards)
    if low == high:
        return f"Each step was rewarded with {low:.6g}."
    nothing = rewards.count(0.0)
    sparse = f", 0 in {nothing:,} of {len(rewards):,} steps" if 2 * nothing > len(rewards) else ""
    return (
        f"Rewards of a step: from {low:.4g} to {high:.4g}, mean {sum(rewards) / len(rewards):.4g}"
        f"{sparse}; {rewards[-1]:.4g} in the last one."
    )


def _value(column: Sequence[tuple[str, Any]], place: int) -> str:
    return _cell(column[place][1]) if place < len(column) else ""


def _cell(value: Any) -> str:
    """A value in few characters."""
    if type(value) is float:  # most are
        return f"{value:.4g}"
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, float, np.number)):
        return _number(value)
    if isinstance(value, np.ndarray):
        if value.size <= 4:
            return _cell(value.tolist())
        mean = f", mean {value.mean():.4g}" if value.dtype.kind in "biuf" else ""
        return f"array {value.shape}{mean}"
    if isinstance(value, (list, tuple)) and len(value) <= 4:
        text = f"[{', '.join(map(_cell, value))}]"
    else:
        try:
            text = repr(value)
        except Exception:  # the user's own type
            text = f"<{type(value).__name__}>"
    return _cut(text, _CELL)


def _number(value: Any) -> str:
    if isinstance(value, (int, np.integer)):
        text = str(int(value))
        return text if len(text) <= 12 else f"{float(value):.4g}" if len(text) < 300 else "huge"
    return f"{float(value):.4g}"


def _range(pair: tuple[float, float] | None) -> list[str]:
    return ["", ""] if pair is None else [_number(each) for each in pair]


def _cut(text: str, width: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
