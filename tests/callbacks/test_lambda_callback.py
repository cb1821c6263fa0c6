"""Hooks from functions, and what happens when a hook raises."""

import pytest

import langprop as lp
from langprop.callbacks import LambdaCallback
from langprop.callbacks.base import HOOKS, Callback
from langprop.errors import CheckpointError, ConfigError
from langprop.trainer import RunDir

CALLED = (
    "on_fit_start",
    "on_train_start",
    "on_train_epoch_start",
    "on_train_batch_start",
    "on_train_batch_end",
    "on_validation_start",
    "on_validation_end",
    "on_train_epoch_end",
    "on_train_end",
    "on_save_checkpoint",
    "on_fit_end",
)


def test_functions_are_called_with_trainer_and_module(train):
    seen = []
    callback = LambdaCallback(
        on_train_batch_end=lambda trainer, module: seen.append((trainer.step, module.entry_point)),
        on_fit_end=lambda trainer, module: seen.append("end"),
    )
    assert isinstance(callback, Callback)
    train(callback, max_epochs=1)
    assert seen == [(1, "double"), (2, "double"), (3, "double"), "end"]


def test_the_error_is_handed_over(train):
    seen = []
    with pytest.raises(ZeroDivisionError):
        train(
            LambdaCallback(on_train_batch_end=lambda *_: 1 / 0),
            LambdaCallback(on_exception=lambda trainer, module, error: seen.append(error)),
        )
    assert [type(error) for error in seen] == [ZeroDivisionError]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("on_train_batch_ended", "on_train_batch_end"),
        ("train_batch_end", "on_train_batch_end"),
        ("on_epoch_end", "on_train_epoch_end"),
        ("on_checkpoint_save", None),
        ("x", None),
        ("state_dict", None),
    ],
)
def test_an_unknown_hook_is_refused_with_the_nearest(name, near):
    with pytest.raises(ConfigError, match="The hooks are on_fit_start, ") as caught:
        LambdaCallback(**{name: print})
    if near is not None:
        assert f"did you mean {near!r}?" in str(caught.value)


def test_what_cant_be_called_is_refused():
    with pytest.raises(ConfigError, match="must be a function"):
        LambdaCallback(on_fit_end=3)


def test_the_base_does_nothing():
    for name in HOOKS:
        error = [ValueError()] if name == "on_exception" else []
        assert getattr(Callback(), name)(None, None, *error) is None


@pytest.mark.parametrize("hook", CALLED)
def test_a_hook_that_raises_ends_the_run_saved(hook, train, tmp_path):
    seen = []

    def later(trainer, module):
        if trainer.step or hook in ("on_fit_start", "on_train_start"):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        train(
            LambdaCallback(on_fit_end=lambda *_: seen.append("end")),
            LambdaCallback(**{hook: later}),
            val=[((1,), 2)],
        )
    assert seen == ["end"]
    if hook == "on_fit_start":
        with pytest.raises(CheckpointError):
            RunDir(tmp_path / "run").read()
        return
    step = RunDir(tmp_path / "run").read()[0]["step"]
    whole = dict.fromkeys(("on_train_end", "on_fit_end"), 6)  # of two epochs of three steps
    one = dict.fromkeys((name for name in CALLED if "epoch" in name or "validation" in name), 3)
    assert step == {"on_train_start": 0, **whole, **one}.get(hook, 1)
    assert lp.load(tmp_path / "run")(1) == 0
    trainer, _ = train(resume=True, val=[((1,), 2)])
    assert trainer.step == 6


def test_a_state_that_cant_be_saved_leaves_the_checkpoint_before_it(train, tmp_path):
    class Bad(Callback):
        def state_dict(self):
            return {"set": {1}}

    with pytest.raises(CheckpointError, match=r"state of the callback Bad can't be saved.*set"):
        train(Bad())
    assert not (tmp_path / "run" / "checkpoint.json").exists()
