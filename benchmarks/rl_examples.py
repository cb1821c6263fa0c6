"""What the examples of reinforcement learning reach, offline, within their limit of time.

    python -m benchmarks rl_examples                           five seeds each; up to 50 minutes
    python -m benchmarks.rl_examples mountaincar --seeds 10

Each run is `langprop fit examples/NAME --seed N` as its users type it, with one worker.
The score is the mean over the module's 100 test episodes, which nothing was chosen by.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"
TEST = re.compile(
    r"^(?:return over fresh episodes|test score): (-?[\d.]+).* over 100 samples", re.MULTILINE
)


@dataclass(frozen=True)
class Goal:
    """What an example should reach.

    Attributes:
        score: Mean test score.
        needs: Package that its environment needs beside Gymnasium.
        extra: Gymnasium's extra that installs it.
    """

    score: float
    needs: str = "gymnasium"
    extra: str = "classic-control"


GOALS = {
    "mountaincar": Goal(-110),  # Gymnasium's reward threshold, as for the others but Pendulum
    "acrobot": Goal(-100),
    "pendulum": Goal(-200),  # it has no threshold
    "lunarlander": Goal(200, "Box2D", "box2d"),
}


def main() -> int:
    """Run what was asked for and print a table."""
    parser = argparse.ArgumentParser(description="The examples of reinforcement learning.")
    parser.add_argument("names", nargs="*", default=[])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--time", type=float, help="limit of a run [s], in place of its config's")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(GOALS))
    if unknown or options.seeds < 1:
        parser.error(f"name some of {', '.join(GOALS)}, and at least one seed; got {unknown}")
    for name in options.names or GOALS:
        goal = GOALS[name]
        if find_spec(goal.needs) is None:
            print(f"{name:<12} not measured: pip install 'gymnasium[{goal.extra}]'", flush=True)
            continue
        runs = [fit(name, seed, options.time) for seed in range(options.seeds)]
        scores = sorted(score for score, _ in runs)
        reached = sum(score >= goal.score for score in scores)
        print(
            f"{name:<12} {reached:>2}/{len(runs):<2} reach {goal.score:g}   "
            f"median {statistics.median(scores):8.1f} [{scores[0]:.1f}, {scores[-1]:.1f}]   "
            f"{statistics.median(seconds for _, seconds in runs):5.0f} s",
            flush=True,
        )
    return 0


def fit(name: str, seed: int, limit: float | None) -> tuple[float, float]:
    """Test score and seconds of one run; prints it."""
    command = [sys.executable, "-m", "langprop", "fit", str(EXAMPLES / name), f"--seed={seed}"]
    command += ["--workers=1", *([] if limit is None else [f"--max_time={limit}"])]
    with tempfile.TemporaryDirectory() as folder:
        start, busy = time.perf_counter(), _cpu_seconds()
        done = subprocess.run(
            [*command, f"--run_dir={folder}/run"], capture_output=True, text=True, check=False
        )
        seconds, busy = time.perf_counter() - start, _cpu_seconds() - busy
        found = TEST.search(done.stdout)
        if done.returncode or found is None:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr or done.stdout}")
        lines = (Path(folder) / "run" / "metrics.jsonl").read_text().splitlines()
        steps = max(json.loads(line).get("step", 0) for line in lines)
    score = float(found[1])
    spent = f"{seconds:.0f} s ({busy:.0f} s of one core)"
    print(f"  {name}, seed {seed}: {score:g} after {steps} steps, {spent}", flush=True)
    return score, seconds


def _cpu_seconds() -> float:
    """What the processes that have ended took: on a busy machine less than the time that passed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
