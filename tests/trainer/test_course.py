"""How much of the data a trainer uses, and data that isn't what it seems."""

import importlib
import itertools

import pytest

import langprop as lp
from langprop.errors import ConfigError, DataError


class Constant(lp.Optimizer):
    """Writes one script, and no children."""

    name = "constant"

    def setup(self, module):
        return [lp.Script("def double(x):\n    return 2 * x\n", "double")]

    def update(self, module):
        return []


def double():
    @lp.module(score=lp.exact_match)
    def double(x: int) -> int:
        """Double."""

    return double


DATA = [((n,), 2 * n) for n in range(12)]


class Seen(lp.Callback):
    """Notes the arguments of each batch."""

    def __init__(self):
        self.batches = []

    def on_train_batch_end(self, trainer, module):
        self.batches.append(trainer.evaluations)


def fit(train=DATA, val=None, *, module=None, **settings):
    module = module or double()
    given = {"executor": lp.InlineExecutor(), "progress": False, "run_dir": False, "batch_size": 4}
    trainer = lp.Trainer(Constant(), **{**given, **settings})
    trainer.fit(module, train, val)
    return trainer


@pytest.mark.parametrize(
    ("limit", "steps"),
    [(None, 3), (1, 1), (2, 2), (99, 3), (0.5, 1), (0.7, 2), (1.0, 3), (0.01, 1)],
)
def test_an_epoch_may_be_cut(limit, steps):
    trainer = fit(limit_batches=limit, max_epochs=2)
    assert (trainer.step, trainer.epoch) == (2 * steps, 2)
    assert trainer.evaluations == 2 * steps * 4
    assert trainer.epoch_steps == steps


def test_validation_data_is_cut_likewise_and_test_data_is_not():
    module = double()
    trainer = fit(DATA, DATA, limit_batches=1, max_epochs=1, module=module)
    assert trainer.evaluations == 4 + 4
    assert len(trainer.validate(module, DATA).records) == 4
    assert len(trainer.test(module, DATA).records) == 12


def test_overfitting_takes_the_same_first_samples_again_and_again():
    read = []

    class Reading(lp.Module):
        entry_point = "double"
        stub = "def double(x: int) -> int:\n    '''Double.'''"

        def preprocess(self, sample):
            read.append(sample[0][0])
            return sample

        def score(self, output, label):
            return float(output == label)

    trainer = fit(module=Reading(), overfit_batches=2, max_epochs=3)
    assert set(read) == set(range(8))
    assert trainer.step == 6
    assert trainer.metrics["val/score"] == 1.0
    assert trainer.metrics["val/gap"] == 0.0


def test_a_fast_dev_run_does_everything_once_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trainer = fit(DATA, DATA, fast_dev_run=True, run_dir=None)
    assert (trainer.step, trainer.evaluations) == (1, 4 + 4)
    assert trainer.run_dir is None
    assert not list(tmp_path.iterdir())
    assert fit(DATA, fast_dev_run=2, run_dir=tmp_path / "run").step == 2
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["limit_batches", "overfit_batches"])
@pytest.mark.parametrize("value", [0, -1, 0.0, 1.5, True, "all"])
def test_shares_that_mean_nothing_are_refused(name, value):
    with pytest.raises(ValueError, match=rf"{name} must be a whole number of batches, or a share"):
        lp.Trainer(**{name: value})


def test_a_share_of_data_without_a_length_is_refused():
    with pytest.raises(ConfigError, match=r"a share of the batches.*give a whole number"):
        fit((each for each in DATA), limit_batches=0.5)
    assert fit((each for each in DATA), limit_batches=2, max_epochs=1).step == 2


def test_endless_data_is_trained_on_as_far_as_it_is_wanted():
    endless = (((n,), 2 * n) for n in itertools.count())
    trainer = fit(endless, max_steps=5)
    assert (trainer.step, trainer.epoch_steps) == (5, None)
    endless = (((n,), 2 * n) for n in itertools.count())
    assert fit(endless, limit_batches=2, max_epochs=2).step == 4


def test_endless_data_in_one_piece_is_refused(monkeypatch):
    for name in ("langprop.data.batches", "langprop.trainer.course"):
        monkeypatch.setattr(importlib.import_module(name), "ENDLESS", 2000)
    with pytest.raises(DataError, match=r"may have no end: give a batch_size"):
        fit((((n,), 2 * n) for n in itertools.count()), batch_size=None)
    with pytest.raises(DataError, match=r"may have no end: what is judged on must be finite"):
        fit(DATA, (((n,), 2 * n) for n in itertools.count()))


class Shrinking:
    """A dataset that loses samples while it is gone through."""

    def __init__(self):
        self.left = 12

    def __len__(self):
        return self.left

    def __getitem__(self, place):
        if place >= self.left:
            raise IndexError(place)
        return DATA[place]


def test_a_dataset_may_shrink_between_epochs_but_not_within_one():
    data = Shrinking()

    class Shrink(lp.Callback):
        def on_train_epoch_end(self, trainer, module):
            data.left = 7

    trainer = fit(data, max_epochs=2, callbacks=[Shrink()])
    assert trainer.step == 3 + 2
    data = Shrinking()

    class TooEarly(lp.Callback):
        def on_train_batch_end(self, trainer, module):
            data.left = 5

    with pytest.raises(DataError, match=r"has none at \d+: its length must not change"):
        fit(data, max_epochs=1, callbacks=[TooEarly()])


def test_a_resumed_run_says_that_the_data_ends_too_early(tmp_path):
    def data(count):
        return (((n,), 2 * n) for n in range(count))

    fit(data(12), run_dir=tmp_path / "run", max_steps=3)
    trainer = lp.Trainer(
        Constant(),
        executor=lp.InlineExecutor(),
        progress=False,
        run_dir=tmp_path / "run",
        batch_size=4,
        max_steps=6,
    )
    with pytest.raises(DataError, match=r"had taken 3 steps in this epoch, .* 1 batches only"):
        trainer.fit(double(), data(4), resume=True)
