"""What the benchmark of the sandbox runs: functions that take a known time, and their inputs."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
from typing import Any

N_SAMPLES = 1_000
N_ACTORS = 50

# As long as what models write. It computes in a loop for most of its time.
FOLLOW = '''
import math

COMFORT = 2.0  # [m/s²]
REACTION = 0.6  # [s]


def clamp(value, low, high):
    """Keep a value between two bounds."""
    return max(low, min(high, value))


def safe_gap(speed, other):
    """Distance in which both can brake to a halt, and some metres to spare [m]."""
    braking = (speed**2 - other**2) / (2.0 * COMFORT)
    return max(4.0, speed * REACTION + braking)


def work(sample):
    """Choose the acceleration that keeps a safe gap to the car ahead.

    Args:
        sample: "speed" and "other", the speeds of both [m/s]; "gap" [m]; "position" of the car
            ahead [m], "lane" and "weights".

    Returns:
        Acceleration [m/s²].
    """
    rest = 0
    for i in range(sample["n"]):
        rest += i * i % 7
    x, y = sample["position"]
    gap = min(sample["gap"], math.hypot(x, y))
    wanted = safe_gap(sample["speed"], sample["other"])
    gain = sample["weights"][0] if sample["lane"] == "own" else sample["weights"][1]
    return clamp(gain * (gap - wanted), -3.0 * COMFORT, COMFORT)
'''

# Looks at all actors, as driving functions do, then computes for the rest of its time.
LEAD = """
def work(scene):
    ego = scene["ego"]
    x, y = ego["position"]
    gap, speed = scene["map"]["speed_limit"] * 3.0, ego["speed"]
    for actor in scene["actors"]:
        if actor["kind"] != "vehicle":
            continue
        place = actor["position"]
        ahead = place[0] - x
        if abs(place[1] - y) < 2.0 and 0.0 < ahead < gap:
            gap, speed = ahead, actor["speed"]
    total = 0
    for i in range(REST):
        total += i * i % 7
    return {"speed": speed, "brake": gap < 10.0}
"""


class Workload:
    """A function that takes a known time, and its inputs.

    Attributes:
        name: In words.
        source: The script.
        n: Turns of the loop in it, if the samples say so; None for scenes.
        seconds: What a call takes in a bare loop [s].
    """

    def __init__(self, name: str, source: str, n: int | None = None) -> None:
        self.name = name
        self.source = source
        self.n = n
        self.seconds = loop_time(source, self.args)

    @property
    def args(self) -> list[tuple[Any, ...]]:
        """The arguments of each sample."""
        return [(each,) for each in (scenes() if self.n is None else cars(self.n))]


def bare(source: str) -> Callable[..., Any]:
    """The function, without any isolation."""
    space: dict[str, Any] = {}
    exec(source, space)
    function: Callable[..., Any] = space["work"]
    return function


def loop_time(source: str, args: list[tuple[Any, ...]]) -> float:
    """Processor time of a bare call [s], at its best: other programs shall not count."""
    function = bare(source)
    times = []
    for _ in range(7):
        start = time.process_time()
        for each in args:
            function(*each)
        times.append(time.process_time() - start)
    return min(times) / len(args)


def follow(name: str, seconds: float) -> Workload:
    """A function of a small dict, which takes that long."""
    return Workload(name, FOLLOW, _turns(seconds, lambda n: loop_time(FOLLOW, _args(n))))


def lead(name: str, seconds: float) -> Workload:
    """A function of a scene, which takes that long."""
    args = [(scene,) for scene in scenes()]
    turns = _turns(seconds, lambda n: loop_time(LEAD.replace("REST", str(n)), args))
    return Workload(name, LEAD.replace("REST", str(turns)))


def _turns(seconds: float, measure: Callable[[int], float]) -> int:
    """How often a loop has to turn, for its function to take that long."""
    turns = 200
    for _ in range(3):
        least, taken = measure(0), measure(turns)
        turns = max(1, round(turns * (seconds - least) / (taken - least)))
    return turns


def _args(n: int) -> list[tuple[Any, ...]]:
    return [(car,) for car in cars(n)]


@functools.lru_cache(maxsize=4)
def cars(n: int) -> list[dict[str, Any]]:
    """Small samples, the same in every process."""
    rng = random.Random(0)
    return [
        {
            "n": n,
            "speed": rng.uniform(0.0, 15.0),
            "other": rng.uniform(0.0, 15.0),
            "gap": rng.uniform(1.0, 60.0),
            "position": [rng.uniform(1.0, 60.0), rng.uniform(-4.0, 4.0)],
            "lane": rng.choice(["own", "left"]),
            "weights": [rng.uniform(0.1, 1.0) for _ in range(4)],
        }
        for _ in range(N_SAMPLES)
    ]


@functools.cache
def scenes() -> list[dict[str, Any]]:
    """Traffic around a car: plain dicts of some 10 kB when encoded, the same in every process."""
    rng = random.Random(0)
    return [_scene(rng, number) for number in range(N_SAMPLES)]


def _scene(rng: random.Random, number: int) -> dict[str, Any]:
    def point() -> list[float]:
        return [rng.uniform(-60.0, 60.0), rng.uniform(-20.0, 20.0)]

    actors = [
        {
            "id": 1_000 * number + actor,
            "kind": rng.choice(["vehicle", "vehicle", "vehicle", "walker"]),
            "position": point(),
            "heading": rng.uniform(-3.14, 3.14),
            "speed": rng.uniform(0.0, 15.0),
            "acceleration": rng.uniform(-4.0, 2.0),
            "size": [rng.uniform(3.5, 6.0), rng.uniform(1.6, 2.2)],
            "lane": f"lane_{rng.randrange(40)}",
        }
        for actor in range(N_ACTORS)
    ]
    lanes = [
        {"id": f"lane_{lane}", "points": [point() for _ in range(10)], "left": lane % 2 == 0}
        for lane in range(8)
    ]
    lights = [{"position": point(), "state": rng.choice(["red", "green"])} for _ in range(4)]
    return {
        "ego": {
            "position": [0.0, 0.0],
            "heading": rng.uniform(-3.14, 3.14),
            "speed": rng.uniform(0.0, 15.0),
            "target": point(),
            "command": rng.choice(["left", "right", "straight"]),
        },
        "actors": actors,
        "map": {"speed_limit": 13.9, "lanes": lanes, "lights": lights},
        "time": number * 0.05,
    }
