"""Time of rendering an update prompt with a driving scene of 50 actors.

python benchmarks/prompts.py
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

import langprop as lp
from langprop.optim.feedback import crossover_variables, update_variables
from langprop.population.policy import Policy
from langprop.prompts import Prompts

LIMIT = 5.0  # [ms] for an update prompt
REPEATS = 200
BATCH = 32


@lp.module
def drive(scene_info: dict) -> tuple:
    """Return speed level and turn level for a scene."""
    raise NotImplementedError


SOURCE = "def drive(scene_info):\n" + "".join(
    f"    value_{n} = scene_info['ego_forward_speed'] * {n}\n" for n in range(60)
)
ERROR = (
    'File "<script>", line 7, in drive\n'
    "    gap = vehicle['location_relative'][1] - ego['length']\n"
    "KeyError: 'location_relative'"
)


def scene(seed: int) -> dict:
    """20 vehicles, 20 pedestrians, lights and stop signs."""
    rng = np.random.default_rng(seed)

    def actor(number: int) -> dict:
        place = rng.normal(size=2) * 30
        return {
            "id": number,
            "existing_actor": bool(number % 2),
            "location_world_coord": place,
            "location_relative": (place - 1.5).tolist(),
            "orientation_world_coord": rng.normal(size=2),
            "forward_speed": float(rng.normal()),
            "forward_length": 2.2,
            "sideways_width": 0.9,
            "corners": rng.normal(size=(4, 2)),
        }

    return {
        "ego_location_world_coord": rng.normal(size=2),
        "ego_orientation_world_coord": rng.normal(size=2),
        "ego_forward_speed": 3.5,
        "ego_length": 2.4,
        "ego_width": 1.0,
        "distance_to_red_light": None,
        "distance_to_stop_sign": 13.25,
        "route": rng.normal(size=(60, 2)),
        "vehicles": {n: actor(n) for n in range(20)},
        "pedestrians": {n: actor(n) for n in range(20, 40)},
        "lights": [{**actor(n), "state": "red"} for n in range(40, 45)],
        "stop_signs": [actor(n) for n in range(45, 50)],
    }


def policy(status: str, seed: int) -> Policy:
    """A policy that was judged on a batch."""
    made = Policy(lp.Script(SOURCE, "drive", id=f"{seed:016x}"))
    exception = ERROR if status == "exception" else ""
    records = [
        lp.Record(
            n, status, 0.0 if n % 3 else 1.0, (scene(n),), {}, None if exception else ("MOVE", n),
            ("STOP", "LEFT"), exception, "thinking\n" * 20, "hit a pedestrian at t = 3.2 s",
        )
        for n in range(BATCH)
    ]  # fmt: skip
    made.tell(records)
    return made


def median(work: Callable[[], object]) -> float:
    """Median time [ms], warm."""
    for _ in range(5):
        work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def main() -> int:
    """Print the figures."""
    prompts, rng = Prompts.default(), np.random.default_rng(0)
    wrong, failing, donor = policy("ok", 1), policy("exception", 2), policy("ok", 3)
    print(f"update prompt, {BATCH} samples, scenes with 50 actors; limit {LIMIT} ms")
    slowest = 0.0
    for name, parent in (("wrong answer", wrong), ("exception", failing)):
        variables = update_variables(drive, parent, rng)
        size = sum(len(message.content) for message in prompts.render_update(variables))
        rendering = median(lambda given=variables: prompts.render_update(given))
        gathering = median(lambda given=parent: update_variables(drive, given, rng))
        slowest = max(slowest, rendering + gathering)
        print(
            f"  {name:14} render {rendering:5.2f} ms   variables {gathering:5.2f} ms   "
            f"{size:6,} characters"
        )
    for feedback in ("diverse", "contrast"):
        both = median(
            lambda how=feedback: prompts.render_update(
                update_variables(drive, failing if how == "diverse" else wrong, rng, feedback=how)
            )
        )
        print(f"  {feedback:14} both   {both:5.2f} ms")
    crossed = median(
        lambda: prompts.render_crossover(crossover_variables(drive, failing, donor, rng))
    )
    print(f"  {'crossover':14} both   {crossed:5.2f} ms")
    return int(slowest > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
