"""What a training step costs beyond the scripts, and whether long runs stay small.

    python -m benchmarks trainer                      all figures, in a few minutes
    python benchmarks/trainer.py forward overhead     some of them
    python benchmarks/trainer.py runs --steps 200

Where times are compared, what is compared runs in turns, so that another program's share of the
machine counts on both sides; processor time is printed beside it.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from trainer_processes import processor_time
from trainer_runs import runs
from trainer_table import row
from trainer_workloads import (
    Clocked,
    Drive,
    Handing,
    Steps,
    arithmetic_sources,
    driving_samples,
    driving_sources,
    fresh_factorial,
    function_of,
    reply,
)

import langprop as lp
from langprop.llms.callable import CallableLLM

WORKERS = 2
N_KEPT, N_CHILDREN, N_SAMPLES = 10, 6, 1_000  # of the driving workload
ROUNDS = 5


# A step of the paper's driving workload


def bare_calls(sources: Sequence[str], samples: list[Any]) -> float:
    """Time of the calls alone [s]."""
    functions = [function_of(source, "drive") for source in sources]
    start = time.perf_counter()
    for function in functions:
        for args, _ in samples:
            function(*args)
    return time.perf_counter() - start


def half_of_calls(half: int) -> None:
    """As `bare_calls`, of half of the scripts."""
    each = (N_KEPT + N_CHILDREN) // WORKERS
    bare_calls(list(itertools.islice(driving_sources(), half * each, (half + 1) * each)), scenes())


@functools.cache
def scenes() -> list[Any]:
    """The samples of the driving workload, made once in a process."""
    return driving_samples(N_SAMPLES)


def forward() -> bool:
    """A whole step of 16 scripts that loop over 40 actors."""
    n_scripts = N_KEPT + N_CHILDREN
    sources = driving_sources()
    # In each round scripts that nobody has seen: kept ones, and children.
    optimizer = Handing(sources, "drive", N_KEPT, N_CHILDREN)
    trainer = Clocked(optimizer, workers=WORKERS, progress=False, run_dir=False)
    rows: list[tuple[float, ...]] = []
    with closing(trainer), ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        list(pool.map(half_of_calls, range(WORKERS)))  # the processes make the samples
        trainer.fit_batch(Drive(), scenes()[:10])  # the sandbox starts
        for _ in range(ROUNDS):
            module = Drive()
            module.population.add(optimizer.setup(module))
            sources_now = [script.source for script in module.population.scripts]
            trainer.workshop.identify(module.population.scripts)
            trainer.spent, trainer.statuses = 0.0, Counter()
            before, start = processor_time(), time.perf_counter()
            children = trainer.fit_batch(module, scenes())
            wall, busy = time.perf_counter() - start, processor_time() - before
            if trainer.statuses != {"ok": n_scripts * N_SAMPLES}:
                raise RuntimeError(f"a call failed: {trainer.statuses}")
            sources_now += [child.script.source for child in children]
            before, bare = time.process_time(), bare_calls(sources_now, scenes())
            bare_busy = time.process_time() - before
            start = time.perf_counter()
            list(pool.map(half_of_calls, range(WORKERS)))
            both = time.perf_counter() - start
            rows.append((wall, bare_busy, wall / bare * WORKERS, wall / both, busy / bare_busy))
    best = min(wall for wall, *_ in rows)
    wall, bare, ratio, both, processor = map(statistics.median, zip(*rows, strict=True))
    print(
        f"\nA step of driving: {N_KEPT} scripts and {N_CHILDREN} children x {N_SAMPLES:,} scenes "
        f"of 40 actors, {1e6 * bare / n_scripts / N_SAMPLES:.0f} µs per bare call; {wall:.2f} s"
    )
    row("  time of the step / (bare calls in process / 2 cores), median", f"{ratio:.2f} x")
    quiet = best / bare * WORKERS  # what other programs take makes it larger, never smaller
    good = row("    the best round", f"{quiet:.2f} x", "<= 1.6 x", met=quiet <= 1.6)
    good &= row(
        "  against bare calls in 2 processes at once, in turns, median",
        f"{both:.2f} x",
        "<= 1.6 x",
        met=both <= 1.6,
    )
    row("  processor time of the step / of the bare calls", f"{processor:.2f} x")
    return good


# What the trainer does beside


def overhead(n_steps: int = 12) -> bool:
    """What a step of 24 policies on 1,000 samples takes beside their evaluation."""
    print("\nTrainer overhead per step: 24 policies x 1,000 samples, with a run folder")
    samples = [((number,), 2 * number) for number in range(1_000)]

    def look(trainer: Any) -> tuple[float, float, float]:
        beside = time.perf_counter() - trainer.spent
        return beside, time.thread_time() - trainer.busy, trainer.spent

    name = "get_factorial"
    cases: list[tuple[str, lp.Optimizer]] = [
        ("scripts handed over", Handing(arithmetic_sources(name), name, 18, 6)),
        (
            "6 replies of a model that answers at once, rendered and read",
            lp.LLMOptimizer(CallableLLM(reply), n_parents=3, n_children=2, capacity=18),
        ),
    ]
    good = True
    for what, optimizer in cases:
        module, clock = fresh_factorial(), Steps(look)
        module.population.add(
            lp.Script(source, name) for source in itertools.islice(arithmetic_sources(name), 18)
        )
        with tempfile.TemporaryDirectory() as folder:
            trainer = Clocked(
                optimizer,
                batch_size=None,
                max_steps=n_steps,
                max_epochs=None,
                workers=WORKERS,
                progress=False,
                callbacks=[clock],
                run_dir=Path(folder) / "run",
            )
            trainer.fit(module, samples)
        steps = [
            [1e3 * (after - before) for before, after in zip(*pair, strict=True)]
            for pair in itertools.pairwise(clock.seen[1:])
        ]
        beside, busy, judging = map(statistics.median, zip(*steps, strict=True))
        good &= row(f"  {what}", f"{beside:.1f} ms", "< 50 ms", met=beside < 50)
        row("    processor time of the trainer's thread", f"{busy:.1f} ms")
        row("    evaluating meanwhile", f"{judging:.0f} ms")
    return good


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="What a training step costs beyond the scripts.")
    parser.add_argument("names", nargs="*", default=["forward", "overhead", "runs"])
    parser.add_argument("--steps", type=int, default=1_000, help="of the long runs")
    options = parser.parse_args()
    if options.steps < 200:
        parser.error(f"--steps must be at least 200, but got {options.steps}")
    parts: dict[str, Callable[[], bool]] = {
        "forward": forward,
        "overhead": overhead,
        "runs": lambda: runs(options.steps),
    }
    if unknown := [name for name in options.names if name not in parts]:
        parser.error(f"there is no {unknown[0]!r}; there are: {', '.join(parts)}")
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    row("", "measured", "target")
    met = [parts[name]() for name in options.names]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
