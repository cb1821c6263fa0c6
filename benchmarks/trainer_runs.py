"""Long runs: what they take of memory and disk, and how fast they load."""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from trainer_processes import disk, memory
from trainer_table import MEGABYTE, megabytes, row
from trainer_workloads import FACTORIALS, Steps, fresh_factorial, reply

import langprop as lp
from langprop.llms.callable import CallableLLM

LOADS = 5


def long_run(kind: str, n_steps: int, folder: Path) -> None:
    """Train factorial for many steps; print the memory after each hundred, as JSON."""
    seen: list[tuple[int, int, int]] = []

    def look(trainer: Any) -> None:
        if trainer.step % 50 == 0:
            gc.collect()
            seen.append((trainer.step, memory(), memory(os.getpid())))

    optimizer = (
        lp.MutationOptimizer()
        if kind == "mutation"
        else lp.LLMOptimizer(CallableLLM(reply), n_parents=3, n_children=2, capacity=4)
    )
    trainer = lp.Trainer(
        optimizer,
        max_steps=n_steps + 1,
        max_epochs=None,
        batch_size=50,
        limits=lp.Limits(time=0.1, failures=1),
        workers=2,
        progress=False,
        callbacks=[Steps(look)],
        run_dir=folder,
    )
    start = time.perf_counter()
    trainer.fit(fresh_factorial(), FACTORIALS)
    json.dump({"memory": seen, "seconds": time.perf_counter() - start}, sys.stdout)


LOAD = """
import sys, time
import langprop
start = time.perf_counter()
langprop.load(sys.argv[1])
print(time.perf_counter() - start)
"""


def runs(n_steps: int = 1_000) -> bool:
    """Memory and disk of long runs, and how fast they load."""
    good = True
    for kind in ("mutation", "llm"):
        with tempfile.TemporaryDirectory() as parent:
            folder = Path(parent) / "run"
            command = [sys.executable, __file__, kind, str(n_steps), str(folder)]
            found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            print(f"\n{n_steps:,} steps of factorial, {kind}: {found['seconds']:.0f} s")
            memory_rows = [point for point in found["memory"] if point[0] >= n_steps // 10]
            grown = _slope(memory_rows)
            good &= row(
                f"  memory of all processes, per 100 steps from step {memory_rows[0][0]}",
                f"{grown:+.2f} MB",
                "< 1 MB",
                met=grown < 1,
            )
            # What keeps a bounded number of things is full by then; what leaks goes on.
            late = _slope(memory_rows[len(memory_rows) // 2 :])
            row(f"    from step {memory_rows[len(memory_rows) // 2][0]}", f"{late:+.2f} MB")
            row(
                "    at the beginning and the end", megabytes(memory_rows[0][1], memory_rows[-1][1])
            )
            own = _slope([(step, size) for step, _, size in memory_rows])
            row("    of the trainer's process alone, per 100 steps", f"{own:+.2f} MB")
            held, taken = disk(folder)
            good &= row(
                "  the run folder takes", megabytes(taken), "< 50 MB", met=taken < 50 * MEGABYTE
            )
            row("    the bytes in its files", megabytes(held))
            for size, count, name in _parts(folder):
                row(f"      {name}" + (f", {count:,} files" if count > 1 else ""), megabytes(size))
            load = [sys.executable, "-c", LOAD, str(folder)]
            times = [
                float(subprocess.run(load, check=True, stdout=subprocess.PIPE).stdout)
                for _ in range(LOADS)
            ]
            seconds = statistics.median(times)
            good &= row(
                "  langprop.load in a new process", f"{seconds:.2f} s", "< 1 s", met=seconds < 1
            )
    return good


def _slope(points: Sequence[Sequence[int]]) -> float:
    """Growth per 100 steps [MB] of a line through the sizes [bytes] after some steps."""
    steps, sizes, *_ = zip(*points, strict=True)
    return 100 * statistics.linear_regression(steps, sizes).slope / MEGABYTE


def _parts(folder: Path) -> Iterator[tuple[int, int, str]]:
    """Bytes, number of files and name of each part of a run folder, the largest first."""
    parts = []
    for path in folder.iterdir():
        files = list(path.iterdir()) if path.is_dir() else [path]
        size = sum(each.stat().st_size for each in files)
        parts.append((size, len(files), path.name))
    yield from sorted(parts, reverse=True)


if __name__ == "__main__":  # a process of its own for each run
    long_run(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
