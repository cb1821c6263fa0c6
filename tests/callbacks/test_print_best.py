"""The best script on the screen."""

import io
import re

import pytest
from rich.console import Console

import langprop as lp
from langprop.callbacks import PrintBest, Progress

BODIES = ("return 0", "return 2 * x if x < 5 else 0", "return 2 * x")


def plain(text):
    return re.sub("\x1b\\[[0-9;?]*[A-Za-z]", "", text)


def test_new_best_scripts_are_printed_once(train):
    out = io.StringIO()
    train(PrintBest(Console(file=out), interval=0), bodies=BODIES)
    assert out.getvalue().count("def double") == 2
    assert "double after step 1: train " in out.getvalue()
    assert "by hand" in out.getvalue()


def test_between_two_there_is_time_and_the_last_one_comes_at_the_end(train):
    out = io.StringIO()
    train(PrintBest(Console(file=out), interval=3600), bodies=BODIES)
    printed = re.findall(r"after step (\d+)", out.getvalue())
    assert printed == ["1", "6"]
    assert "return 2 * x\n" in out.getvalue()


def test_with_validation_it_prints_what_was_validated(train):
    out = io.StringIO()
    train(PrintBest(Console(file=out), interval=0), bodies=BODIES, val=[((3,), 6)])
    assert all("val 1, train" in line for line in out.getvalue().splitlines() if "after" in line)


def test_it_stands_above_the_live_display(train):
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=90)
    train(PrintBest(interval=0), Progress(console), bodies=BODIES)
    text = plain(out.getvalue())
    assert text.count("def double") == 2
    assert text.rindex("epoch 2/2") > text.rindex("def double")


def test_by_default_both_print_to_standard_output(train, capsys):
    train(PrintBest(interval=0), Progress(), bodies=BODIES)
    out = capsys.readouterr().out
    assert "def double" in out
    assert "step 6/6" in out


def test_what_a_terminal_would_obey_is_written_out(train):
    out = io.StringIO()
    body = "return '\x1b[2Jgone\u202e'"
    train(PrintBest(Console(file=out, force_terminal=True, width=80)), bodies=(body,))
    assert "\x1b[2J" not in out.getvalue()
    assert "\\x1b[2Jgone\\u202e" in plain(out.getvalue())


def test_an_output_that_fails_is_told_of_once_and_the_run_goes_on(train):
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with pytest.warns(UserWarning, match="PrintBest failed, the run goes on") as caught:
        trainer, _ = train(PrintBest(Console(file=out), interval=0), bodies=("return 'é'",))
    assert len(caught) == 1
    assert trainer.step == 6


def test_a_negative_interval_is_refused():
    for interval in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="interval"):
            PrintBest(interval=interval)


def test_of_modules_that_are_trained_together_the_changed_ones_are_printed():
    parts = iter(["return 0", "return x", "return 2 * x"])

    class Parts(lp.Optimizer):
        """Writes scripts of the module that is called, and keeps the other one."""

        name = "parts"

        def script(self, module):
            if module.entry_point == "whole":
                return [lp.Script("def whole(x):\n    return part(x)\n", "whole")]
            body = next(parts, None)
            return [] if body is None else [lp.Script(f"def part(x):\n    {body}\n", "part")]

        setup = update = script

    @lp.module
    def part(x: int) -> int:
        """Double."""

    @lp.module(score=lp.exact_match, depends=[part])
    def whole(x: int) -> int:
        """Double."""

    out = io.StringIO()
    trainer = lp.Trainer(
        Parts(), callbacks=[PrintBest(Console(file=out), interval=0)], executor="inline",
        progress=False, run_dir=False, max_steps=3, batch_size=4, train_depends=True,
    )  # fmt: skip
    trainer.fit(whole, [((n,), 2 * n) for n in range(1, 13)])
    text = out.getvalue()
    assert text.count("def whole") == 1
    assert text.count("def part") == 2
    assert "return 2 * x\n" in text
    assert text.count("whole after step") == 2
