"""ShinkaEvolve: proposals as tasks, one process per evaluation.

It allows itself no more proposals at a time than half the number of cores, and asks for no more
than it may judge at a time; both limits are lifted.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
from pathlib import Path
from typing import Any

from driver import BLOCK, SEED, Job, variation
from shinka.core import EvolutionConfig, ShinkaEvolveRunner
from shinka.database import DatabaseConfig, Program, ProgramDatabase
from shinka.launch import LocalJobConfig

EVALUATOR = f"""
import argparse, json, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from driver import score

parser = argparse.ArgumentParser()
parser.add_argument("--program_path")
parser.add_argument("--results_dir")
options = parser.parse_args()
value = score(open(options.program_path).read())
with open(options.results_dir + "/metrics.json", "w") as file:
    json.dump({{"combined_score": value}}, file)
with open(options.results_dir + "/correct.json", "w") as file:
    json.dump({{"correct": True, "error": None}}, file)
"""


class Uncapped(ShinkaEvolveRunner):
    """Takes the numbers that it is given."""

    def _validate_concurrency_settings(
        self, max_evaluation_jobs: int, max_proposal_jobs: int, max_db_workers: int, *_: Any
    ) -> tuple[int, int, int]:
        return max_evaluation_jobs, max_proposal_jobs, max_db_workers


def main() -> None:
    """Run so many generations, of one proposal each."""
    job = Job.read()
    folder = Path(job.folder)
    (folder / "seed.py").write_text(BLOCK)
    (folder / "evaluate.py").write_text(EVALUATOR)
    results = folder / "results"
    results.mkdir()
    database = DatabaseConfig(db_path=str(results / "programs.sqlite"), num_islands=1)
    if job.history:
        store = ProgramDatabase(database, embedding_model="")
        for i in range(job.history):
            code = BLOCK.replace(SEED, variation(i))
            program = Program(
                id=f"history-{i}", code=code, generation=i, combined_score=1.0, correct=True
            )
            with contextlib.redirect_stdout(io.StringIO()):
                store.add(program)
        store.close()
    runner = Uncapped(
        evo_config=EvolutionConfig(
            task_sys_msg="Double it.",
            patch_types=["full"],
            patch_type_probs=[1.0],
            num_generations=max(job.history, 1) + job.proposals,
            llm_models=[f"local/scripted@{job.base_url}"],
            llm_dynamic_selection=None,
            meta_rec_interval=None,
            embedding_model=None,
            init_program_path=str(folder / "seed.py"),
            results_dir=str(results),
        ),
        job_config=LocalJobConfig(
            eval_program_path=str(folder / "evaluate.py"),
            python_executable=sys.executable,
            numeric_threads_per_job=1,
        ),
        db_config=database,
        verbose=False,
        max_evaluation_jobs=job.concurrency,
        max_proposal_jobs=job.concurrency,
        max_db_workers=4,
    )
    start = time.perf_counter()
    runner.run()
    end = time.perf_counter()
    judged = runner.completed_generations - max(job.history, 1)
    settings = (
        f"{runner.max_proposal_jobs} proposals and {runner.max_evaluation_jobs} evaluations at a "
        "time (its caps lifted), whole programs, a process per evaluation"
    )
    job.report(end - start, judged, settings, end=end)


if __name__ == "__main__":
    main()
