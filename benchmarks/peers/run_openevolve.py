"""OpenEvolve: one process per request in flight; each asks and judges."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from driver import BLOCK, SEED, Job, variation
from openevolve import OpenEvolve
from openevolve.config import Config, LLMModelConfig
from openevolve.database import Program

EVALUATOR = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from driver import score

def evaluate(program_path):
    with open(program_path) as file:
        return {{"combined_score": score(file.read())}}
"""


def main() -> None:
    """Run so many iterations."""
    job = Job.read()
    folder = Path(job.folder)
    (folder / "seed.py").write_text(BLOCK)
    (folder / "evaluator.py").write_text(EVALUATOR)
    config = Config()
    config.llm.models = [
        LLMModelConfig(name="scripted", api_base=job.base_url, api_key="none", retries=0)
    ]
    config.llm.update_model_params({"timeout": 60, "retry_delay": 1, "max_tokens": 4096})
    config.llm.evaluator_models = []
    config.evaluator.parallel_evaluations = job.concurrency
    config.evaluator.cascade_evaluation = False
    config.diff_based_evolution = False  # each reply is a whole program
    config.checkpoint_interval = 1_000_000
    config.log_level = "ERROR"
    evolution = OpenEvolve(
        str(folder / "seed.py"),
        str(folder / "evaluator.py"),
        config=config,
        output_dir=str(folder / "out"),
    )
    islands = config.database.num_islands
    for i in range(job.history):
        code = BLOCK.replace(SEED, variation(i))
        metrics = {"combined_score": 1.0}
        program = Program(id=f"history-{i}", code=code, metrics=metrics, iteration_found=i)
        evolution.database.add(program, iteration=0, target_island=i % islands)
    known = len(evolution.database.programs)
    evolution.database.last_iteration = 0
    judged = []
    add = evolution.database.add

    def count(program: Program, iteration: int | None = None, **settings: Any) -> Any:
        if (
            settings.get("target_island") is not None and iteration is not None
        ):  # no migrant, no seed
            judged.append(time.perf_counter())
        return add(program, iteration, **settings)

    evolution.database.add = count
    start = time.perf_counter()
    asyncio.run(evolution.run(iterations=job.proposals))
    seconds = time.perf_counter() - start
    settings = f"{job.concurrency} worker processes, whole programs, judged in the worker"
    if job.history:
        settings += f"; {known:,} of {job.history:,} kept"
    job.report(seconds, len(judged), settings, end=judged[-1])


if __name__ == "__main__":
    main()
