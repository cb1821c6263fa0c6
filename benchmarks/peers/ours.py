"""LangProp: one step of the trainer, judged in the sandbox."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Iterator

from driver import SAMPLES, SEED, Job, variation

import langprop as lp
from langprop.population.selection import top_k


def double(number: int) -> int:
    """Return twice the number."""
    raise NotImplementedError


BATCH = [((x,), y) for x, y in SAMPLES]


def module_with(sources: list[str]) -> lp.Module:
    """A module whose population holds these scripts, judged before."""
    module = lp.module(score=lp.exact_match)(double)
    policies = module.population.add([lp.Script(source, "double") for source in sources])
    records = [
        lp.Record(i, "ok", 1.0, args, output=y, label=y) for i, (args, y) in enumerate(BATCH)
    ]
    module.population.tell({policy.id: records for policy in policies})
    return module


class Timed(lp.LLMOptimizer):
    """Notes when a step begins to choose parents and to write prompts.

    Attributes:
        start: On the clock of `time.perf_counter`.
    """

    start = 0.0

    def update(self, module: lp.Module) -> list[lp.Script]:
        """Children, together."""
        self.start = time.perf_counter()
        return super().update(module)

    def stream_update(self, module: lp.Module) -> Iterator[lp.Script]:
        """Children, one by one."""
        self.start = time.perf_counter()
        return super().stream_update(module)


def optimizer_for(job: Job, n_parents: int, n_children: int) -> Timed:
    """Asks for so many scripts in one step, also when there are fewer parents."""
    return Timed(
        lp.OpenAILLM("scripted", base_url=job.base_url),
        n_parents=n_parents,
        n_children=n_children,
        capacity=max(4, job.history),
        concurrency=job.concurrency,
        selection=lambda policies, k, rng: (top_k(policies, min(k, 4), rng) * k)[:k],
    )


def step(job: Job) -> None:
    """Proposals of one step: prompts rendered, replies read, scripts judged."""
    module = module_with([variation(i) for i in range(job.history)] or [SEED])
    optimizer = optimizer_for(job, job.proposals // 2, 2)
    with contextlib.closing(lp.Trainer(optimizer, run_dir=job.folder, progress=False)) as trainer:
        start = time.perf_counter()
        children = trainer.fit_batch(module, BATCH)
        end = time.perf_counter()
    settings = f"one step of {job.proposals // 2} parents × 2 children, sandboxed"
    # The rate is that of what is new: not that of judging 10,000 known scripts on this batch.
    job.report(end - start, len(children), settings, start=optimizer.start or start, end=end)


def update(job: Job) -> None:
    """An update of 3 parents × 2 children: no judging."""
    seconds = []
    for _ in range(3):
        module = module_with([variation(i) for i in range(3)])
        optimizer = optimizer_for(job, 3, 2)
        start = time.perf_counter()
        children = optimizer.update(module)
        seconds.append(time.perf_counter() - start)
        optimizer.close()
        if len(children) != 6:
            raise RuntimeError(f"{len(children)} children instead of 6")
    job.report(statistics.median(seconds), 6, "median of 3")


if __name__ == "__main__":
    this = Job.read()
    update(this) if this.variant == "update" else step(this)
