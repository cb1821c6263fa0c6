"""GEPA: rounds of proposals; those of a round are in flight together.

Two variants. `own`: its own client, LiteLLM, which has 10 requests in flight at most, and its
isolation, one process per evaluation. `fast`: the OpenAI SDK in threads in place of its client,
and evaluation in its own process: the most that a user can make of it.
"""

from __future__ import annotations

import importlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from driver import SEED, Job, score
from gepa.optimize_anything import (
    EngineConfig,
    GEPAConfig,
    ReflectionConfig,
    TrackingConfig,
    optimize_anything,
)
from gepa.strategies.proposal_sampling import IndependentSampling


class Client:
    """A model that answers many prompts at once."""

    def __init__(self, base_url: str, concurrency: int) -> None:
        import openai

        client = openai.OpenAI(base_url=base_url, api_key="none")
        self.create = client.chat.completions.create
        self.pool = ThreadPoolExecutor(concurrency)

    def __call__(self, prompt: Any) -> str:
        """One prompt."""
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        reply = self.create(model="scripted", messages=messages)
        return str(reply.choices[0].message.content)

    def batch_complete(self, messages: list[Any]) -> list[str]:
        """All prompts of a round."""
        return list(self.pool.map(self, messages))


class Silent:
    """A logger."""

    def log(self, *_: object, **__: object) -> None:
        """Say nothing."""


class Watch:
    """Stops when there are enough candidates, and notes when the measured part begins.

    Attributes:
        start: When the history was complete.
    """

    def __init__(self, history: int, proposals: int) -> None:
        self.history, self.proposals = history, proposals
        self.start: float | None = None
        self.known = 0
        self.judged = 0

    def __call__(self, state: Any) -> bool:
        """Whether there are enough."""
        count = len(state.program_candidates) - 1
        if self.start is None and count >= self.history:
            self.start, self.known = time.perf_counter(), count
        if self.start is not None:
            self.judged = count - self.known
        return self.judged >= self.proposals


def isolated(candidate: str) -> float:
    """Judge a candidate in a process of its own."""
    from gepa.utils.code_execution import ExecutionMode, execute_code

    code = f"{candidate}\nresult = sum(double(x) == 2 * x for x in range(20)) / 20\n"
    outcome = execute_code(code, mode=ExecutionMode.SUBPROCESS, timeout=30)
    return float(outcome.variables["result"])


def main() -> None:
    """Run so many proposals."""
    job = Job.read()
    fast = job.variant == "fast"
    if fast:
        # 100 in four rounds of 25 are as quick at 32 in flight as it can be: a round waits for all.
        rounds = -(-job.proposals // job.concurrency)
        size = job.proposals // rounds if job.proposals <= 100 else job.concurrency
        model: Any = Client(job.base_url, job.concurrency)
        settings: dict[str, Any] = {}
    else:
        size = min(100, job.proposals)  # one long round, since its client sends ten at a time
        model = "openai/scripted"
        importlib.import_module("litellm")  # which takes seconds, and isn't what is measured
        settings = {"api_base": job.base_url, "api_key": "none"}
    watch = Watch(job.history, job.proposals)
    config = GEPAConfig(
        engine=EngineConfig(
            acceptance_criterion="improvement_or_equal",
            cache_evaluation=True,
            parallel=True,
            sampling_strategy=IndependentSampling(size),
        ),
        reflection=ReflectionConfig(reflection_lm=model, reflection_lm_kwargs=settings or None),
        tracking=TrackingConfig(logger=Silent()),
        stop_callbacks=[watch],
    )
    start = time.perf_counter()
    evaluator = score if fast else isolated
    optimize_anything(SEED, evaluator=evaluator, objective="Double it.", config=config)
    end = time.perf_counter()
    what = "OpenAI SDK in threads, judged in process" if fast else "its client, isolated"
    more = {"start": watch.start} if job.history else {}
    job.report(end - start, watch.judged, f"{what}, rounds of {size}", end=end, **more)


if __name__ == "__main__":
    main()
