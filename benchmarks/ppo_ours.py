"""CartPole by mutation: environment steps until a mean return is reached. See ppo.py."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import langprop as lp

ENV = "CartPole-v1"
NO_VALIDATION = 1_000_000  # [steps], more than any run takes

# Found on seeds 100 to 109, which the table doesn't use. Most random functions let the pole fall at
# once, and cost ten steps; the good ones cost 500 each time they are judged. So: many children, few
# parents, one episode for all.
TUNED: dict[str, Any] = {"n_first": 64, "n_parents": 2, "n_children": 8, "capacity": 2}


def balance(
    cart_position: float, cart_velocity: float, pole_angle: float, pole_angular_velocity: float
) -> Literal[0, 1]:
    """Keep the pole upright and the cart near the middle.

    Returns:
        0 to push the cart to the left, 1 to push it to the right.
    """


class Counted(lp.EnvModule):
    """Counts the steps of the environment, but for those that nothing is learned from."""

    steps = 0
    counting = True

    def score(self, output: Any, label: Any) -> Any:
        """The return of an episode, counted."""
        self.steps += len(output) if self.counting else 0
        return super().score(output, label)

    @contextmanager
    def uncounted(self) -> Iterator[None]:
        """Episodes that only measure."""
        self.counting = False
        try:
            yield
        finally:
            self.counting = True


@dataclass
class Evaluate(lp.Callback):
    """Evaluates the best policy between steps, on episodes that training doesn't see or count.

    Attributes:
        module: What is trained.
        every: Environment steps between evaluations, at the least.
        seeds: Reset seeds of the first evaluation; each has its own.
        target: Mean return at which training stops.
        limit: Environment steps at which it stops, too.
        curve: Environment steps and mean return of each evaluation.
    """

    module: Counted
    every: int
    seeds: range
    target: float
    limit: int
    curve: list[tuple[int, float]]

    def on_train_batch_end(self, trainer: lp.Trainer, module: lp.Module) -> None:
        """Evaluate, if it is time."""
        steps = self.module.steps
        best = module.best
        if best is None or steps < (self.curve[-1][0] if self.curve else 0) + self.every:
            return
        with self.module.uncounted():
            records = lp.evaluate(module, [best.script], self.seeds, trainer.executor)
        mean = statistics.fmean(record.score for record in records[best.script.id])
        self.seeds = range(self.seeds.stop, self.seeds.stop + len(self.seeds))
        self.curve.append((steps, mean))
        if mean >= self.target:
            trainer.stop("reached")
        elif steps >= self.limit:
            trainer.stop("out of steps")


def train(
    seed: int, *, every: int, seeds: range, target: float, limit: int, **changes: Any
) -> list[tuple[int, float]]:
    """One run from the empty stub; returns environment steps and mean return of each evaluation."""
    isolation = changes.pop("isolation", "auto")
    module = Counted(ENV, balance)
    module.steps = 0
    watch = Evaluate(module, every, seeds, target, limit, [])
    trainer = lp.Trainer(
        lp.MutationOptimizer(**{**TUNED, **changes}),
        seed=seed,
        max_epochs=None,
        batch_size=1,
        val_interval=NO_VALIDATION,
        limits=lp.Limits(time=0.3, failures=1),
        callbacks=[watch],
        isolation=isolation,
        progress=False,
        run_dir=False,
    )
    trainer.fit(module)
    trainer.close()
    return watch.curve
