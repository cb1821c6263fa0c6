"""Time of an LLM step: nothing should wait but for the model.

Runs against a scripted server on loopback that takes 1 s per reply, through the official SDK.

    python benchmarks/llm_step.py
"""

from __future__ import annotations

import contextlib
import itertools
import time

import langprop as lp
from langprop.evaluation import Batch
from langprop.population.selection import top_k
from langprop.testing.server import Answer, Request, ScriptedServer

DELAY = 1.0  # [s] per reply
LIMIT = 1.2  # [s] for a step of 3 parents and 2 children each


@lp.module
def double(number: int) -> int:
    """Return twice the number."""
    raise NotImplementedError


SAMPLES = [((n,), 2 * n) for n in range(20)]


class Model:
    """Writes a new script in each reply."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.count = itertools.count(1)

    def __call__(self, request: Request) -> Answer:  # noqa: ARG002 - each gets a script of its own
        """Answer one request."""
        code = f"def double(number: int) -> int:\n    return 2 * number + {next(self.count)} - 1"
        return Answer(f"Let me see.\n\n```python\n{code}\n```", delay=self.delay)


def fresh() -> lp.Module:
    """A module with three scripts that were judged on the samples."""
    module = type(double)(double.__wrapped__)
    scripts = [
        lp.Script(f"def double(number):\n    return number + {i}\n", "double") for i in (1, 2, 3)
    ]
    module.population.add(scripts)
    records = [
        lp.Record(i, "ok", 0.0, args, output=0, label=y) for i, (args, y) in enumerate(SAMPLES)
    ]
    module.population.tell({script.id: records for script in scripts})
    return module


def update(server: ScriptedServer, n_parents: int, n_children: int, concurrency: int) -> float:
    """Seconds of `optimizer.update`: render, ask, read."""
    llm = lp.OpenAILLM("scripted", base_url=server.base_url)
    optimizer = lp.LLMOptimizer(
        llm,
        n_parents=n_parents,
        n_children=n_children,
        concurrency=concurrency,
        selection=lambda policies, k, rng: (top_k(policies, k, rng) * k)[:k],
    )
    start = time.perf_counter()
    scripts = optimizer.update(fresh())
    seconds = time.perf_counter() - start
    assert len(scripts) == n_parents * n_children, optimizer.statistics
    optimizer.close()
    return seconds


def step(server: ScriptedServer) -> float:
    """Seconds of `trainer.fit_batch`: the update, and the isolated evaluation of all scripts."""
    llm = lp.OpenAILLM("scripted", base_url=server.base_url)
    trainer = lp.Trainer(lp.LLMOptimizer(llm), run_dir=False, progress=False)
    module = fresh()
    with contextlib.closing(trainer):
        trainer.evaluate(
            module, module.population.scripts, Batch.read(module, SAMPLES)
        )  # starts the processes
        start = time.perf_counter()
        trainer.fit_batch(module, SAMPLES)
        return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    rows: list[tuple[str, float, str]] = []
    with ScriptedServer(Model(DELAY)) as server:
        rows.append(("update, 3 parents × 2 children", update(server, 3, 2, 32), f"< {LIMIT} s"))
        rows.append(("whole step with isolated evaluation", step(server), f"< {LIMIT} s"))
        rows.append(("100 replies, 32 in flight", update(server, 50, 2, 32), ""))
        rows.append(("100 replies, 100 in flight", update(server, 50, 2, 100), ""))
    with ScriptedServer(Model(0.0)) as server:
        seconds = update(server, 100, 2, 32)
        rows.append((f"200 replies of an instant server ({200 / seconds:.0f}/s)", seconds, ""))
    print(f"{'a server that takes 1 s per reply':50} {'time':>8}   target")
    for what, seconds, target in rows:
        print(f"{what:50} {seconds:6.3f} s   {target}")


if __name__ == "__main__":
    main()
