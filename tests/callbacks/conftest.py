"""A run whose every step is known: scripts that are recited, and a metric that is set."""

import pytest

import langprop as lp
from langprop.callbacks import LambdaCallback

DATA = [((n,), 2 * n) for n in range(12)]


class Recited(lp.Optimizer):
    """Writes given bodies one after the other."""

    name = "recited"

    def __init__(self, *bodies, **settings):
        super().__init__(**settings)
        self.bodies = list(bodies)

    def script(self):
        return lp.Script(f"def double(x):\n    {self.bodies.pop(0)}\n", "double")

    def setup(self, module):
        return [self.script()]

    def update(self, module):
        return [self.script()] if self.bodies else []


def new_module():
    @lp.module(score=lp.exact_match)
    def double(x: int) -> int:
        """Double."""

    return double


@pytest.fixture
def train(tmp_path):
    """Trains `double` in steps of 4 of 12 samples; returns the trainer and the module."""

    def train(
        *callbacks, bodies=("return 0",), val=None, resume=False, module=None, data=DATA, **settings
    ):
        defaults = {
            "executor": lp.InlineExecutor(),
            "progress": False,
            "run_dir": tmp_path / "run",
            "batch_size": 4,
            "max_epochs": 2,
            "shuffle": False,
        }
        optimizer = settings.pop("optimizer", None) or Recited(*bodies)
        trainer = lp.Trainer(optimizer, callbacks=callbacks, **{**defaults, **settings})
        module = module or new_module()
        trainer.fit(module, data, val, resume=resume)
        return trainer, module

    return train


@pytest.fixture
def metric():
    """A callback that sets the metric "mine" to given values, a step each."""

    def metric(*values):
        def put(trainer, module):
            trainer.metrics["mine"] = values[(trainer.step - 1) % len(values)]

        return LambdaCallback(on_train_batch_end=put)

    return metric
