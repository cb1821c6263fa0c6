"""A score that fails on every answer ends the run: it isn't the scripts' mistake."""

import pytest

import langprop as lp
from langprop.errors import ModuleError
from langprop.executors.inline import InlineExecutor

DATA = [((n,), 2 * n) for n in range(1, 5)]


class Recited(lp.Optimizer):
    """Writes given bodies, the first ones and one step's children; counts how often it is asked."""

    name = "recited"

    def __init__(self, first, *children):
        super().__init__()
        self.first, self.children, self.asked = first, children, 0

    def scripts(self, bodies):
        return [lp.Script(f"def double(x):\n    {body}\n", "double") for body in bodies]

    def setup(self, module):
        return self.scripts(self.first)

    def update(self, module):
        self.asked += 1
        return self.scripts(self.children)


def fit(score, optimizer, **settings):
    @lp.module(score=score)
    def double(x: int) -> int:
        """Double."""

    given = {"executor": InlineExecutor(), "progress": False, "run_dir": False, "max_steps": 2}
    trainer = lp.Trainer(optimizer, **{**given, **settings})
    trainer.fit(double, DATA)
    return trainer


def misspelt(output, label):
    return abs(answer_of - label)  # noqa: F821


def without_return(output, label):
    pass


def without_label(output):
    return 1.0


def of_an_item(output, label):
    return float(output[0] == label)


@pytest.mark.parametrize(
    ("score", "error"),
    [
        (misspelt, "NameError: name 'answer_of'"),
        (without_return, "TypeError: score must return a number"),
        (without_label, "TypeError: .*takes 1 positional argument"),
    ],
)
def test_what_no_answer_is_to_blame_for_ends_the_run_before_a_model_is_paid(score, error):
    optimizer = Recited(["return x"])
    with (
        pytest.warns(UserWarning, match=r"score\(\) failed on 4 of 4 answers"),
        pytest.raises(ModuleError, match=rf"on every answer .* 4 of 1 script; .*{error}"),
    ):
        fit(score, optimizer)
    assert optimizer.asked == 0


def test_other_errors_end_it_if_all_scripts_of_the_first_step_meet_them():
    optimizer = Recited(["return x"], "return 2 * x")
    with (
        pytest.warns(UserWarning, match=r"score\(\) failed"),
        pytest.raises(ModuleError, match=r"8 of 2 scripts; .*not subscriptable.*check_output"),
    ):
        fit(of_an_item, optimizer)
    assert optimizer.asked == 1


@pytest.mark.parametrize(
    "optimizer",
    [
        Recited(["return x"]),  # one script may be wrong in all that it answers
        Recited(["return x"], "return [2 * x]"),  # a child does better
        Recited(["pass"], "x += 1"),  # bodies that are empty answer None
        Recited(["return 1 / 0"], "return [][1]"),  # nothing was scored
        Recited(["return x"], "return x if x > 1 else [2]"),
    ],
)
def test_as_long_as_the_answers_may_be_to_blame_it_goes_on(optimizer):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert fit(of_an_item, optimizer).step == 2


def test_what_breaks_later_is_the_scripts_mistake():
    broken = []

    def breaks(output, label):
        return without_label(output, label) if broken else 1.0

    later = lp.LambdaCallback(on_train_batch_end=lambda trainer, module: broken.append(1))
    with pytest.warns(UserWarning, match=r"score\(\) failed on 4 of 4 answers"):
        assert fit(breaks, Recited(["return x"]), callbacks=[later]).step == 2


def test_within_a_caller_it_is_the_score_of_the_whole():
    @lp.module
    def part(x: int) -> int:
        """Double."""
        return x

    @lp.module(score=misspelt, depends=[part])
    def whole(x: int) -> int:
        """Double."""
        return part(x)

    trainer = lp.Trainer(
        "mutation", executor="inline", progress=False, run_dir=False, train_depends=True
    )
    with (
        pytest.warns(UserWarning, match=r"score\(\) failed"),
        pytest.raises(ModuleError, match=r"NameError: name 'answer_of'"),
    ):
        trainer.fit(whole, DATA)
