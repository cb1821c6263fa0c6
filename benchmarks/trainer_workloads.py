"""What the benchmark of the trainer trains, driving scripts and factorial; and with what."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import langprop as lp

N_VEHICLES = N_PEDESTRIANS = 20

# Four ways to write the same function, as models do: in plain loops over all actors.
HELPERS = """
import math

HORIZON = [0.1 * step for step in range(20)]  # [s]


def to_ego(scene, location):
    dx, dy = location[0] - scene["location"][0], location[1] - scene["location"][1]
    cos, sin = math.cos(scene["heading"]), math.sin(scene["heading"])
    return dx * cos + dy * sin, dy * cos - dx * sin


def level(gap, speed):
    if gap < GAP:
        return "STOP"
    return "SLOW" if gap < 2.0 * GAP or speed < 2.0 else "MODERATE" if gap < 25.0 else "FAST"


def steer(scene):
    x, y = to_ego(scene, scene["target"])
    angle = math.degrees(math.atan2(y, x))
    return "LEFT" if angle > 10.0 else "RIGHT" if angle < -10.0 else "STRAIGHT"
"""

STRAIGHT_ON = """
def drive(scene):
    gap, speed = 100.0, 10.0
    for actor in scene["vehicles"] + scene["pedestrians"]:
        x, y = to_ego(scene, actor["location"])
        vx, vy = actor["velocity"][:2]
        length, width = actor["box"][:2]
        for time in HORIZON:
            ahead = x + (vx - scene["speed"]) * time
            aside = abs(y + vy * time)
            if ahead > 0.0 and aside < 1.0 + 0.5 * width and ahead - 0.5 * length < gap:
                gap, speed = ahead - 0.5 * length, vx
    return level(gap, speed), steer(scene)
"""

BY_DISTANCE = """
def distance(a, b):
    return math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2)


def drive(scene):
    gap, speed = 100.0, 10.0
    for kind, reach in (("vehicles", 2.5), ("pedestrians", 1.5)):
        for actor in scene[kind]:
            for time in HORIZON:
                there = [p + v * time for p, v in zip(actor["location"], actor["velocity"])]
                ahead, aside = to_ego(scene, there)
                if ahead > 0.0 and abs(aside) < reach:
                    near = distance(there, scene["location"]) - 0.5 * actor["box"][0]
                    if near < gap:
                        gap, speed = near, actor["velocity"][0]
    return level(gap, speed), steer(scene)
"""

LISTS = """
def drive(scene):
    gaps = [(100.0, 10.0)]
    for time in HORIZON:
        for actor in scene["vehicles"]:
            x, y = to_ego(scene, actor["location"])
            if -1.0 < y < 1.0 and x > 0.0 and actor["speed"] >= 0.0:
                gaps.append((x - actor["box"][0] / 2 + actor["speed"] * time, actor["speed"]))
        for actor in scene["pedestrians"]:
            x, y = to_ego(scene, actor["location"])
            if 0.0 < x < 30.0 and abs(y + actor["velocity"][1] * time) < 2.0:
                gaps.append((x, 0.0))
    return level(*min(gaps)), steer(scene)
"""

OBJECTS = """
class Ahead:
    def __init__(self, scene, actor):
        self.x, self.y = to_ego(scene, actor["location"])
        self.vx, self.vy = actor["velocity"][0] - scene["speed"], actor["velocity"][1]
        self.radius = max(actor["box"][0], actor["box"][1]) / 2

    def at(self, time):
        return self.x + self.vx * time, self.y + self.vy * time


def drive(scene):
    gap, speed = 100.0, 10.0
    for actor in [*scene["vehicles"], *scene["pedestrians"]]:
        ahead = Ahead(scene, actor)
        for time in HORIZON:
            x, y = ahead.at(time)
            if x > 0.0 and math.hypot(x, y) - ahead.radius < gap and abs(y) < 2.0:
                gap, speed = math.hypot(x, y) - ahead.radius, actor["speed"]
    return level(gap, speed), steer(scene)
"""


def driving_sources() -> Iterator[str]:
    """Scripts without end, all different."""
    for number in itertools.count():
        for body in (STRAIGHT_ON, BY_DISTANCE, LISTS, OBJECTS):
            yield f"{HELPERS}\nGAP = {4.0 + 0.001 * number}  # [m]\n{body}"


def scene(rng: random.Random) -> dict[str, Any]:
    """What a car sees: vehicles and pedestrians, and where it shall go [m, s, rad]."""

    def actor(number: int, size: tuple[float, float, float], fastest: float) -> dict[str, Any]:
        speed, heading = rng.uniform(0.0, fastest), rng.uniform(-math.pi, math.pi)
        return {
            "id": number,
            "location": [rng.uniform(-40.0, 60.0), rng.uniform(-30.0, 30.0), 0.1],
            "velocity": [speed * math.cos(heading), speed * math.sin(heading), 0.0],
            "speed": speed,
            "heading": heading,
            "box": [side * rng.uniform(0.9, 1.1) for side in size],
        }

    return {
        "location": [0.0, 0.0, 0.0],
        "heading": rng.uniform(-0.2, 0.2),
        "speed": rng.uniform(0.0, 12.0),
        "target": [rng.uniform(5.0, 30.0), rng.uniform(-15.0, 15.0), 0.0],
        "vehicles": [actor(number, (4.5, 1.9, 1.6), 12.0) for number in range(N_VEHICLES)],
        "pedestrians": [
            actor(100 + number, (0.6, 0.6, 1.8), 2.0) for number in range(N_PEDESTRIANS)
        ],
    }


def function_of(source: str, name: str) -> Callable[..., Any]:
    """A script's function, without any isolation."""
    space: dict[str, Any] = {}
    exec(source, space)
    function: Callable[..., Any] = space[name]
    return function


def driving_samples(count: int) -> list[tuple[tuple[Any, ...], Any]]:
    """Scenes, with the decisions of an expert."""
    rng = random.Random(0)
    expert = function_of(next(driving_sources()), "drive")
    scenes = [scene(rng) for _ in range(count)]
    return [((each,), expert(each)) for each in scenes]


class Drive(lp.Module):
    """Speed and direction from a scene."""

    stub = 'def drive(scene: dict) -> tuple[str, str]:\n    """Return how fast, and where to."""\n'

    def score(self, output: Any, label: Any) -> float:
        """The share of both decisions that agree with the expert's."""
        speed, turn = output
        return 0.5 * float(speed == label[0]) + 0.5 * float(turn == label[1])


class Handing(lp.Optimizer):
    """Hands over scripts that are there already, so that nothing is waited for.

    Args:
        sources: Where they come from.
        entry_point: Name of their function.
        n_first: How many at the beginning; so many are kept.
        n_children: How many in a step.
    """

    name = "handing"

    def __init__(
        self, sources: Iterator[str], entry_point: str, n_first: int, n_children: int
    ) -> None:
        super().__init__(n_parents=1, n_children=n_children, capacity=n_first)
        self._sources, self._entry_point = sources, entry_point

    def setup(self, module: lp.Module) -> list[lp.Script]:
        """The first scripts."""
        del module
        return self._next(self.capacity)

    def update(self, module: lp.Module) -> list[lp.Script]:
        """The next ones."""
        del module
        return self._next(self.n_children)

    def _next(self, count: int) -> list[lp.Script]:
        sources = itertools.islice(self._sources, count)
        return [lp.Script(source, self._entry_point) for source in sources]


@lp.module(score=lp.exact_match)
def get_factorial(number: int) -> int:
    """Return the factorial of a non-negative integer."""
    raise NotImplementedError


FACTORIALS = [((number,), math.factorial(number)) for number in range(100)]


def fresh_factorial() -> lp.Module:
    """The factorial module, untrained."""
    return type(get_factorial)(get_factorial.__wrapped__)


def reply(messages: list[Any], count: Iterator[int] = itertools.count(1)) -> str:  # noqa: B008 - counts through the run
    """What a model would say, at once: a new script each time, never quite right.

    As long as what models write for it.
    """
    number = next(count)
    del messages
    return f"""\
The function should multiply all the integers up to the number. The failing samples have in common
that the loop ends too early, so I begin with the base case and count up from there.

```python
def get_factorial(number: int) -> int:
    \"\"\"Return the factorial of a non-negative integer.\"\"\"
    if number < 0:
        raise ValueError("number must not be negative")
    result = 1
    for factor in range(2, number + 1):
        result *= factor
    if number > {number % 90}:
        result += {number}
    return result
```
"""


def arithmetic_sources(entry_point: str) -> Iterator[str]:
    """Short scripts without end, all different and none of them right."""
    for number in itertools.count(1):
        yield f"def {entry_point}(number):\n    return number + {number}\n"


class Clocked(lp.Trainer):
    """Takes the time of evaluations, and counts how they end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spent = self.busy = 0.0  # [s]
        self.statuses: Counter[str] = Counter()

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """Judge scripts, and take the time."""
        start, begun = time.perf_counter(), time.thread_time()
        try:
            records = super().evaluate(*args, **kwargs)
            # Counting isn't the trainer's either.
            self.statuses.update(each.status for told in records.values() for each in told)
        finally:
            self.spent += time.perf_counter() - start
            self.busy += time.thread_time() - begun
        return records


class Steps(lp.Callback):
    """Calls a function after every step, and says what it returned.

    Args:
        look: Called with the trainer.
    """

    def __init__(self, look: Callable[[Any], Any]) -> None:
        self.look = look
        self.seen: list[Any] = []

    def on_train_batch_start(self, trainer: Any, module: Any) -> None:
        """Look, after all that belongs to the step before."""
        del module
        self.seen.append(self.look(trainer))
