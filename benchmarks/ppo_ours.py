"""CartPole by mutation: environment steps until a mean return is reached. See ppo.py."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import langprop as lp

ENV = "CartPole-v1"
NO_VALIDATION = 1_000_000  # [steps], more than any run takes

# As in offline.py: chosen among six settings on seeds 100 to 119, which the table doesn't use.
# PPO's are tuned, too. Most random functions let the pole fall at once and cost ten steps, a good
# one costs 500 each time that it is judged: so one episode, the same for all, must do in a step.
TUNED: dict[str, Any] = {"n_first": 32, "n_parents": 4, "n_children": 2, "capacity": 4}
VALIDATION = range(1_000, 1_020)  # reset seeds
VALIDATED_TARGET = 480.0  # above the real one: the mean over 20 episodes is less certain


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
        curve: Environment steps and mean return of each evaluation.
    """

    module: Counted
    every: int
    seeds: range
    target: float
    curve: list[tuple[int, float]] = field(default_factory=list)

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


@dataclass
class Enough(lp.Callback):
    """Stops a run that takes too many environment steps."""

    module: Counted
    limit: int

    def on_train_batch_end(self, trainer: lp.Trainer, module: lp.Module) -> None:
        """After each step."""
        del module  # it is `self.module`, which counts
        if self.module.steps >= self.limit:
            trainer.stop("out of steps")


def train(
    seed: int, *, every: int, seeds: range, target: float, limit: int
) -> list[tuple[int, float]]:
    """One run from the empty stub, evaluated from outside; returns the evaluations."""
    module = Counted(ENV, balance)
    watch = Evaluate(module, every, seeds, target)
    trainer = _trainer(seed, NO_VALIDATION, [watch, Enough(module, limit)])
    trainer.fit(module)
    trainer.close()
    return watch.curve


def train_validated(seed: int, *, seeds: range, limit: int) -> tuple[int, float]:
    """One run that chooses and stops by validation; returns all of its steps, and its return.

    The return is that of the policy it ends with, over fresh episodes, which aren't counted.
    """
    module = Counted(ENV, balance)
    stop = lp.EarlyStopping("val/score", target=VALIDATED_TARGET)
    trainer = _trainer(seed, 2, [stop, Enough(module, limit)])
    trainer.fit(module, val=VALIDATION)
    with module.uncounted():
        mean = trainer.test(module, seeds).score
    trainer.close()
    return module.steps, mean


def _trainer(seed: int, val_interval: int, callbacks: list[lp.Callback]) -> lp.Trainer:
    return lp.Trainer(
        lp.MutationOptimizer(**TUNED),
        seed=seed,
        max_epochs=None,
        batch_size=1,
        val_interval=val_interval,
        limits=lp.Limits(time=0.3, failures=1),
        callbacks=callbacks,
        progress=False,
        run_dir=False,
    )
