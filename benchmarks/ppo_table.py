"""Rows and curves of ppo.py."""

from __future__ import annotations

import io
import math
import random
import statistics
from dataclasses import dataclass
from pathlib import Path

RESAMPLES = 10_000


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        steps: Environment steps until the target was reached; infinite if it wasn't.
        curve: Environment steps and mean return of each evaluation.
    """

    steps: float
    curve: list[tuple[int, float]]


def row(name: str, runs: list[Run]) -> str:
    """Solved runs, the median, its 95 % interval and the range."""
    steps = sorted(run.steps for run in runs)
    solved = sum(map(math.isfinite, steps))
    low, high = interval(_medians(steps))
    return (
        f"{name:27}{solved:>5}/{len(steps):<2}{_count(statistics.median(steps)):>9}"
        f"   [{_count(low)}, {_count(high)}]".ljust(66)
        + f"{_count(steps[0])}-{_count(steps[-1])}"
    )


def factor(ours: list[Run], theirs: list[Run]) -> str:
    """How many times as many steps they take at the median, with its 95 % interval."""
    mine, other = ([run.steps for run in runs] for runs in (ours, theirs))
    ratio = _ratio(statistics.median(other), statistics.median(mine))
    pairs = zip(_medians(other, seed=1), _medians(mine, seed=2), strict=True)
    low, high = interval([_ratio(a, b) for a, b in pairs])
    return f"PPO takes {ratio:.2f} times as many steps at the median, 95 % [{low:.2f}, {high:.2f}]"


def interval(values: list[float]) -> tuple[float, float]:
    """The middle 95 % of some values."""
    values = sorted(values)
    last = len(values) - 1
    return values[round(0.025 * last)], values[round(0.975 * last)]


def _medians(values: list[float], *, seed: int = 0) -> list[float]:
    """Medians of samples drawn with replacement: the percentile bootstrap."""
    draw = random.Random(seed)
    return [statistics.median(draw.choices(values, k=len(values))) for _ in range(RESAMPLES)]


def _ratio(a: float, b: float) -> float:
    return 1.0 if a == b else a / b if math.isfinite(b) else 0.0


def _count(steps: float) -> str:
    return f"{steps:,.0f}" if math.isfinite(steps) else "not reached"


def plot(groups: dict[str, list[Run]], target: float, path: Path) -> None:
    """Mean return over steps, a line for each run, with a dot where the target is reached."""
    import matplotlib.figure
    import PIL.Image

    figure = matplotlib.figure.Figure(figsize=(7, 3.5), dpi=80, layout="constrained")
    axes = figure.add_subplot()
    for color, (name, runs) in zip(("tab:orange", "tab:blue"), groups.items(), strict=False):
        for number, run in enumerate(runs):
            steps, means = zip(*run.curve, strict=True) if run.curve else ((), ())
            label = name if number == 0 else None
            axes.plot(steps, means, color=color, alpha=0.5, linewidth=1, label=label)
            if math.isfinite(run.steps):
                axes.plot(steps[-1:], means[-1:], "o", color=color, markersize=5)
    axes.axhline(target, color="gray", linewidth=1, linestyle="--")
    axes.set_xscale("log")
    axes.set_xlim(300, 150_000)
    axes.set_xlabel("environment steps")
    axes.set_ylabel("mean return over 100 episodes")
    axes.legend(loc="upper left", frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer)
    with PIL.Image.open(buffer) as image:  # a third of the bytes, and looks the same
        image.convert("RGB").quantize(64).save(path, optimize=True)
