"""Validation that selects: the champion, the gap, and the one test."""

import json

import pytest

import langprop as lp


class Recited(lp.Optimizer):
    """Writes given bodies one after the other."""

    name = "recited"

    def __init__(self, *bodies, **settings):
        super().__init__(**settings)
        self.bodies = list(bodies)

    def _next(self):
        return [lp.Script(f"def double(x):\n    {self.bodies.pop(0)}\n", "double")]

    def setup(self, module):
        return self._next()

    def update(self, module):
        return self._next() if self.bodies else []


def double():
    @lp.module(score=lp.exact_match)
    def double(x: int) -> int:
        """Double."""

    return double


TRAIN = [((n,), 2 * n) for n in range(8)]
VAL = [((n,), 2 * n) for n in range(100, 108)]


def trainer_of(*bodies, **settings):
    given = {"executor": lp.InlineExecutor(), "progress": False, "run_dir": False, "max_epochs": 1}
    return lp.Trainer(Recited(*bodies, n_parents=1, n_children=1), **{**given, **settings})


def test_what_was_learned_by_heart_does_not_become_the_best():
    by_heart = "return {n: 2 * n for n in range(8)}.get(x, 0)"
    module = double()
    trainer = trainer_of("return 2 * x if x % 4 else 0", by_heart, max_epochs=3, n_val=2)
    best = trainer.fit(module, TRAIN, VAL)
    assert "x % 4" in best.script.source
    assert trainer.metrics["train/best"] == 1.0
    assert trainer.metrics["val/score"] == 0.75
    assert trainer.metrics["val/gap"] == 1.0  # of the best in training, which fails there
    assert trainer.metrics["val/stderr"] == pytest.approx((0.75 * 0.25 / 7) ** 0.5)


def test_a_validation_has_a_line_of_its_own(tmp_path):
    trainer = trainer_of(
        "return 0", "return 2 * x", run_dir=tmp_path / "run", val_interval=2, batch_size=2
    )
    trainer.fit(double(), TRAIN, VAL)
    text = (tmp_path / "run/metrics.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    steps = [(line["step"], "train/best" in line) for line in lines]
    assert steps == [(1, True), (2, True), (2, False), (3, True), (4, True), (4, False)]
    assert lines[2]["val/score"] == 1.0
    assert lines[2]["best"] == lines[1]["best"]
    assert {"val/stderr", "val/gap", "evaluations", "seconds"} <= lines[2].keys()
    state = json.loads((tmp_path / "run/checkpoint.json").read_text())
    assert state["module"]["population"]["champion"]["val_stderr"] == 0.0


def test_a_gap_that_grows_is_warned_of_once():
    bodies = [
        f"return {{n: 2 * n for n in range({known})}}.get(x, 0)" for known in (4, 5, 6, 7, 8, 8)
    ]
    trainer = trainer_of(*bodies, max_epochs=6)
    with pytest.warns(UserWarning, match=r"the gap grew in 3 validations.*EarlyStopping") as told:
        trainer.fit(double(), TRAIN, VAL)
    assert len([each for each in told if "gap" in str(each.message)]) == 1


def test_no_gap_is_warned_of_where_training_and_validation_agree():
    # Warnings are errors here.
    bodies = [f"return 2 * x if x % 8 <= {known} else 0" for known in range(2, 8)]
    trainer = trainer_of(*bodies, max_epochs=6)
    trainer.fit(double(), TRAIN, VAL)
    assert trainer.metrics["val/gap"] < 0.3


def test_the_test_is_reported_with_an_interval_and_told_to_callbacks():
    seen = []

    class Spy(lp.Callback):
        def on_test_start(self, trainer, module):
            seen.append("start")

        def on_test_end(self, trainer, module):
            seen.append(trainer.metrics["test/score"])

    module = double()
    trainer = trainer_of("return 2 * x if x % 4 else 0", callbacks=[Spy()])
    trainer.fit(module, TRAIN)
    report = trainer.test(module, VAL)
    assert seen == ["start", 0.75]
    assert "0.75" in str(report)
    low, high = report.interval
    assert 0 <= low < 0.75 < high <= 1


def test_a_perfect_score_on_few_samples_is_no_certainty():
    module = double()
    trainer = trainer_of("return 2 * x")
    trainer.fit(module, TRAIN)
    report = trainer.test(module, VAL)
    assert report.score == 1.0
    low, high = report.interval
    assert high == 1.0
    assert low == pytest.approx(0.6755, abs=1e-3)  # Wilson's interval for 8 of 8
    assert str(report) == "1 [0.6756, 1] (95 %) over 8 samples"
