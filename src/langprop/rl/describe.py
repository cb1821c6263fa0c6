"""Describer: an episode in words, for whoever writes the next script."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from langprop.rl.acted import Acted
from langprop.rl.cells import aligned, cell, cut, number
from langprop.rl.course import parts
from langprop.rl.documentation import Documentation
from langprop.rl.episode import TAIL, Episode
from langprop.rl.leaves import MOST, leaves
from langprop.scripts.parameters import parameter_names
from langprop.scripts.parsing import find_function

if TYPE_CHECKING:
    import gymnasium

_Parts = list[tuple[str, Any]]

_LONGEST = 6_000  # characters of a description
_MOST_STEPS = 48  # of an episode that keeps more
_ABREAST = 8  # steps beside each other in a table
_LEAST_STEPS = 12  # of an episode that is told in parts
_FEW = 8  # components up to which the parts may take two such tables
_NOISE = 1e-12  # of the episode's largest reward
_NAME = 48  # characters at the most


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
        self._acted = Acted(space, actions)

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
        count = getattr(done, "n", None)
        if not isinstance(count, (int, np.integer)):  # a MultiBinary may have several dimensions
            count = math.prod(getattr(done, "shape", None) or (0,))
        rows = documentation.actions(int(count)) if 0 < count <= 100 else []
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
            lines += self._acted.lines(episode.actions)
        lines += self._table(episode)
        course = self._course(episode)
        if sum(map(len, [*lines, *course])) + len(lines) + len(course) <= _LONGEST:
            lines += course
        text = "\n".join(lines)
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

    def names(self, episode: Episode) -> list[str]:
        """What the numbers of an observation are called."""
        return [name for name, _ in self._parts(episode.final)]

    @staticmethod
    def _end(episode: Episode) -> str:
        steps = len(episode)
        how = "the environment terminated it" if episode.ended == "terminated" else ""
        if episode.ended == "truncated":
            known = steps == episode.limit
            how = "it had reached the limit of steps" if known else "a limit ended it (truncated)"
        return (
            f"The episode with seed {episode.seed} ended after {steps:,} "
            f"step{'s' if steps != 1 else ''} with a return of {episode.total:.6g}"
            f"{': ' if how else ''}{how}."
        )

    def _table(self, episode: Episode) -> list[str]:
        """What was observed and done in some steps, a row for each component."""
        tail = episode.tail[-_MOST_STEPS:]
        columns = [self._parts(observation) for observation, _, _ in tail]
        final = self._parts(episode.final) if episode.final is not None else None
        some = columns[-1:] or ([final] if final is not None else [])
        if not some or (not tail and not episode.ranges):
            return []
        first = len(episode) - len(tail) + 1
        shown: list[tuple[str, _Parts, str, str]] = [
            (f"step {first + place}", column, cell(action), number(reward))
            for place, (column, (_, action, reward)) in enumerate(zip(columns, tail, strict=True))
        ]
        which = f"each of the last steps{' and at the end' if final is not None else ''}"
        if final is not None:
            shown.append(("end", final, "", ""))
        if _says_more_elsewhere(episode):
            which = "each of the steps around the highest reward"
            shown = [
                (
                    f"step {step + 1}",
                    [(name, value) for (name, _), value in zip(some[0], seen, strict=False)],
                    cell(episode.actions[step]),
                    number(episode.rewards[step]),
                )
                for step, seen in episode.around
                if step < len(episode)
            ]
        ranges = episode.ranges if len(episode.ranges) == len(some[0]) else []
        lines = [
            f"What was observed before {which}"
            f"{' (lowest and highest: in the whole episode)' if ranges else ''}, the actions and "
            "the rewards:"
        ]
        names = [name for name, _ in some[0]][:MOST]
        heads = ["", *(["lowest", "highest"] if ranges else [])]
        left = [
            [cut(name, _NAME), *(_range(ranges[place]) if ranges else [])]
            for place, name in enumerate(names)
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
            lines += aligned([[*heads, *(title for title, *_ in block)], *rows])
        if len(some[0]) > len(names):
            lines.append(f"… and {len(some[0]) - len(names)} more components.")
        return lines

    def _course(self, episode: Episode) -> list[str]:
        """The whole episode in parts, where more happened than the last steps show."""
        if not episode.course or len(episode) < max(_LEAST_STEPS, 2 * len(episode.tail)):
            return []
        final = self._parts(episode.final)
        names = self.names(episode)
        found = parts(episode.course, len(episode), _ABREAST * (2 if len(names) <= _FEW else 1) - 1)
        if any(len(part.seen) != len(names) for part in found):
            return []
        noise = _NOISE * max(map(abs, filter(math.isfinite, episode.rewards)), default=0.0)
        columns = [
            [
                f"{part.first + 1}" + (f"-{part.last + 1}" if part.last > part.first else ""),
                *map(cell, part.seen),
                *self._acted.brief(episode.actions[part.first : part.last + 1]),
                number(_sum(episode.rewards[part.first : part.last + 1], noise)),
            ]
            for part in found
        ]
        titles = self._acted.titles(episode.actions[:1])
        columns.append(["end", *(cell(value) for _, value in final), *[""] * (len(titles) + 1)])
        heads = ["steps", *(cut(name, _NAME) for name in names), *titles, "sum of rewards"]
        if any(len(column) != len(heads) for column in columns):  # actions of different forms
            return []
        lines = ["The whole episode in parts, with what was observed at the beginning of each:"]
        for begin in range(0, len(columns), _ABREAST):
            block = columns[begin : begin + _ABREAST]
            lines += aligned(list(zip(heads, *block, strict=True)))
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


def _says_more_elsewhere(episode: Episode) -> bool:
    """Whether the steps around the highest reward say more than the last ones of a usual tail."""
    if episode.ended != "truncated" or len(episode.tail) > TAIL or not episode.around:
        return False
    return min(episode.rewards) < max(episode.rewards)


def _sum(rewards: Sequence[float], noise: float) -> float:
    """The sum; 0 where there is no more than what rounding leaves."""
    total = math.fsum(rewards) if all(map(math.isfinite, rewards)) else sum(rewards)
    return 0.0 if abs(total) < noise else total


def _rewards(rewards: Sequence[float]) -> str:
    low, high = min(rewards), max(rewards)
    if low == high:
        return f"Each step was rewarded with {low:.6g}."
    nothing = rewards.count(0.0)
    sparse = f", 0 in {nothing:,} of {len(rewards):,} steps" if nothing else ""
    return (
        f"Rewards of a step: from {low:.4g} to {high:.4g}, mean {sum(rewards) / len(rewards):.4g}"
        f"{sparse}; {rewards[-1]:.4g} in the last one."
    )


def _value(column: Sequence[tuple[str, Any]], place: int) -> str:
    return cell(column[place][1]) if place < len(column) else ""


def _range(pair: tuple[float, float] | None) -> list[str]:
    return ["", ""] if pair is None else [number(each) for each in pair]
