"""Runs a training many times in forked processes, kills it at a given write, and resumes it.

    python resume_runs.py FOLDER KIND SEED KILLS

Prints a line of JSON: the hash of each run's last checkpoint, that of the undisturbed run first.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import traceback
from pathlib import Path

import langprop as lp

DATA = [((n,), 3 * n + 1) for n in range(7)]
VAL = [((n,), 3 * n + 1) for n in range(20, 24)]
NEVER = 1 << 60


def line(number: int) -> int:
    """A straight line."""


def closeness(output: int, label: int) -> float:
    return 1.0 / (1.0 + abs(output - label))


def model(messages: list[lp.Message]) -> lp.Reply:
    """Answers that depend on the prompt alone, and take the same time."""
    number = int(hashlib.sha256(messages[-1].content.encode()).hexdigest(), 16)
    text = f"```python\ndef line(number):\n    return number * {number % 5} + {number % 3}\n```"
    if number % 7 == 0 and len(messages) < 4:
        text = "I would rather not."
    return lp.Reply(text, usage=lp.Usage(1, 100, 20, usd=0.01, seconds=0.5))


def train(folder: Path, kind: str) -> None:
    """Train, or go on where a run in the folder was broken off."""
    optimizer = lp.MutationOptimizer(n_parents=2, n_children=2, capacity=3)
    if kind == "llm":
        optimizer = lp.LLMOptimizer(model, n_parents=2, n_children=2, capacity=3, crossover=0.3)
    trainer = lp.Trainer(
        optimizer,
        max_epochs=3,
        batch_size=3,
        val_interval=2,
        run_dir=folder,
        workers=1,
        callbacks=[lp.EarlyStopping("val/score", patience=4)],
        progress=False,
        seed=5,
        budget=lp.Budget(evaluations=400),
    )
    trainer.fit(lp.module(score=closeness)(line), DATA, VAL, resume=True)


class Writes:
    """Counts what changes files, and ends the process before or after one of them.

    Args:
        fatal: Number of the write that the process doesn't survive.
        after: Whether it ends after that write rather than before it.
    """

    def __init__(self, fatal: int, after: bool) -> None:
        self.fatal, self.after, self.count = fatal, after, 0
        owner = os.getpid()
        for name in ("rename", "replace", "link", "unlink", "write", "open"):
            setattr(os, name, self._counted(getattr(os, name), owner))
        Path.replace, Path.unlink = _replace, _unlink  # in newer Pythons they know the old ones

    def _counted(self, function, owner):
        def counted(*args, **kwargs):
            if os.getpid() != owner:
                return function(*args, **kwargs)
            self.count += 1
            if self.count == self.fatal and not self.after:
                os.kill(owner, signal.SIGKILL)
            result = function(*args, **kwargs)
            if self.count == self.fatal:
                os.kill(owner, signal.SIGKILL)
            return result

        return counted


def _replace(path: Path, target: Path) -> None:
    os.replace(path, target)  # noqa: PTH105 - the function that is counted


def _unlink(path: Path, missing_ok: bool = False) -> None:
    try:
        os.unlink(path)  # noqa: PTH108 - the function that is counted
    except FileNotFoundError:
        if not missing_ok:
            raise


def run(folder: Path, kind: str, fatal: int = NEVER, after: bool = False) -> int | None:
    """One process; returns the number of its writes, or None if it was killed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reader)
            writes = Writes(fatal, after)
            train(folder, kind)
            writes.fatal = NEVER
            os.write(writer, str(writes.count).encode())
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return None
    if status != 0:
        raise RuntimeError(f"the run ended with status {status}")
    return int(told)


def digest(folder: Path) -> str:
    """Hash of the checkpoint, and of the scripts that it names."""
    whole = hashlib.sha256((folder / "checkpoint.json").read_bytes())
    whole.update((folder / "best.py").read_bytes())
    return whole.hexdigest()


def main() -> None:
    """Compare runs that were killed with one that wasn't."""
    root, kind, seed, kills = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    total = run(root / "whole", kind)
    hashes, killed = [digest(root / "whole")], 0
    choice = random.Random(seed)
    for number in range(kills):
        folder = root / f"killed-{number}"
        # Often killed once; sometimes again and again.
        for _ in range(choice.choice([1, 1, 2, 3])):
            dead = run(folder, kind, choice.randint(1, total), choice.random() < 0.5) is None
            killed += dead
        run(folder, kind)
        hashes.append(digest(folder))
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        steps = [(each["step"], "train/best" not in each) for each in map(json.loads, lines)]
        if steps != sorted(set(steps)):
            raise RuntimeError(f"steps or validations were logged twice: {steps}")
    sys.stdout.write(json.dumps({"hashes": hashes, "killed": killed, "writes": total}))


if __name__ == "__main__":
    main()
