"""Environment steps until CartPole is solved: mutation from an empty stub, beside PPO.

    python -m benchmarks ppo                            about half an hour on two cores
    python -m benchmarks ppo --seeds 3
    python benchmarks/ppo.py --python ~/sb3/bin/python  stable-baselines3 is there already

The paper's measure: steps until the mean return over 100 episodes reaches 475. Both are evaluated
in the same way: between updates, whenever 512 more steps were taken, on 100 fresh episodes, the
same for both; these teach nothing and are counted for neither. PPO, which is stable-baselines3's
with the tuned settings of rl-baselines3-zoo, acts as it finds most likely; of a population the best
policy by training priority is evaluated. "With validation" is langprop as its users run it: it
chooses and stops by validation episodes of its own, whose steps are counted as well.

PPO runs in a Python environment of its own, made in a cache folder at the first run. On Linux the
package index has torch with the whole of CUDA only, gigabytes of it: name an environment with
`--python` or LANGPROP_SB3_PYTHON, or let pip find a build for the CPU, for example with
PIP_EXTRA_INDEX_URL and `--torch torch==2.13.0+cpu`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # also as `python -m benchmarks.ppo`

import ppo_ours
from llm_peers import Peer, cache_folder, environment, reason
from ppo_table import Run, factor, plot, row

TARGET, EPISODES = 475.0, 100
EVERY = 512  # [steps] between evaluations
LIMIT = 100_000  # [steps] of a run
FIRST = 3_000_000  # reset seed of the first evaluation
DRIVER = Path(__file__).parent / "peers" / "run_ppo.py"


def main() -> int:
    """Run all seeds, print the table, and draw the curves."""
    parser = argparse.ArgumentParser(description="CartPole: steps needed, beside PPO.")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--python", default=os.environ.get("LANGPROP_SB3_PYTHON"))
    parser.add_argument("--torch", default="torch", help="requirement of the environment made here")
    parser.add_argument("--cache", type=Path, default=cache_folder(), help="of the environment")
    parser.add_argument("--out", type=Path, default=Path("runs/ppo"), help="curves and figures")
    options = parser.parse_args()
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1, but got {options.seeds}")
    options.out.mkdir(parents=True, exist_ok=True)
    runs: dict[str, list[Run]] = {}
    try:
        python = options.python or str(_installed(options.torch, options.cache))
        runs["PPO"] = _each("PPO", options.seeds, lambda seed: ppo(python, seed))
    except (OSError, subprocess.SubprocessError) as error:
        print(f"PPO: not measured: {reason(error)}", flush=True)
    runs["mutation"] = _each("mutation", options.seeds, ours)
    runs["mutation, with validation"] = _each("with validation", options.seeds, ours_validated)
    print(f"\nCartPole-v1, steps until a mean return of {TARGET:g} over {EPISODES} episodes")
    print(f"{'':27}{'solved':>8}{'median':>9}   95 % of the median{'range':>17}")
    for name, found in runs.items():
        print(row(name, found))
    if "PPO" in runs:
        for name in list(runs)[1:]:
            print(f"Beside {name}, {factor(runs[name], runs['PPO'])}")
    plain = {
        name: [{"steps": _or_none(run.steps), "curve": run.curve} for run in found]
        for name, found in runs.items()
    }
    (options.out / "runs.json").write_text(json.dumps(plain) + "\n")
    curves = {name: found for name, found in runs.items() if "validation" not in name}
    plot(curves, TARGET, options.out / "curves.png")
    print(f"curves: {options.out / 'curves.png'}")
    solved = all(math.isfinite(run.steps) for run in runs["mutation"])
    return 0 if solved and "PPO" in runs else 1


def _each(name: str, seeds: int, run: Callable[[int], Run]) -> list[Run]:
    runs = []
    for seed in range(seeds):
        runs.append(run(seed))
        print(f"{name}, seed {seed}: {runs[-1].steps:,.0f} steps", flush=True)
    return runs


def _or_none(steps: float) -> float | None:
    return steps if math.isfinite(steps) else None  # JSON has no infinity


def ppo(python: str, seed: int) -> Run:
    """One run of PPO, in its own process.

    Raises:
        subprocess.SubprocessError: It failed.
        OSError: There is no such Python.
    """
    numbers = {"seed": seed, "target": TARGET, "every": EVERY, "episodes": EPISODES}
    numbers |= {"first": FIRST, "steps": LIMIT}
    command = [python, str(DRIVER), *(f"--{name}={number}" for name, number in numbers.items())]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=3_600)
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    return _run([(line["steps"], line["mean"]) for line in lines])


def ours(seed: int) -> Run:
    """One run of langprop."""
    seeds = range(FIRST, FIRST + EPISODES)
    return _run(ppo_ours.train(seed, every=EVERY, seeds=seeds, target=TARGET, limit=LIMIT))


def ours_validated(seed: int) -> Run:
    """One run that stops by its own validation, and is evaluated once, at its end."""
    return _run([ppo_ours.train_validated(seed, seeds=range(FIRST, FIRST + EPISODES), limit=LIMIT)])


def _run(curve: list[tuple[int, float]]) -> Run:
    """The first evaluation that reaches the target is the last."""
    reached = bool(curve) and curve[-1][1] >= TARGET
    return Run(float(curve[-1][0]) if reached else math.inf, curve)


def _installed(torch: str, cache: Path) -> Path:
    """The Python of an environment with stable-baselines3."""
    same = f"gymnasium=={version('gymnasium')}"
    return environment(Peer("PPO", DRIVER.name, (torch, "stable-baselines3==2.9.2", same)), cache)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
