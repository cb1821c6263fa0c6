"""As resume_runs.py, with two modules that are trained together.

python joint_runs.py FOLDER KIND SEED KILLS
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import resume_runs

import langprop as lp

DATA = [(([n, n + 1],), 2.0 * n + 1) for n in range(7)]
VAL = [(([n],), 1.0 * n) for n in range(20, 24)]


def half(number: int) -> float:
    """A half."""
    return number / 3


def model(messages: list[lp.Message]) -> lp.Reply:
    """Answers that depend on the prompt alone, and take the same time."""
    prompt = messages[-1].content
    number = int(hashlib.sha256(prompt.encode()).hexdigest(), 16)
    if "`half`" in prompt.splitlines()[0]:
        text = f"def half(number):\n    return number / {number % 5}"
    else:
        text = f"def whole(numbers):\n    return sum(map(half, numbers)) * {number % 4}"
    return lp.Reply(f"```python\n{text}\n```", usage=lp.Usage(1, 100, 20, usd=0.01, seconds=0.5))


def train(folder: Path, kind: str) -> None:
    """Train, or go on where a run in the folder was broken off."""
    optimizer: lp.Optimizer = lp.MutationOptimizer(n_parents=2, n_children=1, capacity=3)
    if kind == "llm":
        optimizer = lp.LLMOptimizer(model, n_parents=1, n_children=2, capacity=3)
    trainer = lp.Trainer(
        optimizer,
        max_epochs=1,
        batch_size=3,
        val_interval=2,
        run_dir=folder,
        executor="inline",
        progress=False,
        seed=5,
        budget=lp.Budget(evaluations=400),
        train_depends=True,
    )
    first = lp.module(half)

    @lp.module(score=resume_runs.closeness, depends=[first])
    def whole(numbers: list[int]) -> float:
        """The sum of twice their halves."""

    trainer.fit(whole, DATA, VAL, resume=True)


if __name__ == "__main__":
    resume_runs.train = train
    resume_runs.main()
