"""The live display, on consoles of several kinds, of real runs."""

import io
import json
import re
import threading
import time

import pytest
from rich.console import Console

import langprop as lp
from langprop.callbacks import LambdaCallback, Progress, TimeLimit
from langprop.callbacks.cells import Cell, drawn, fitting, short
from langprop.llms.base import Reply, Usage


def plain(text):
    return re.sub("\x1b\\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")


def terminal(width=100):
    return Console(file=io.StringIO(), force_terminal=True, width=width, height=30)


def shown(console):
    return plain(console.file.getvalue())


def last(console, rows=4):
    # On a busy machine it was drawn before: what was drawn over begins in the same place.
    return plain(console.file.getvalue().replace("\r", "\n")).splitlines()[-rows:]


def test_on_a_terminal_it_shows_where_the_run_is(train):
    console = terminal()
    bodies = ("return 0", "return 2 * x")
    train(Progress(console), bodies=bodies, val=[((1,), 2)], max_epochs=2)
    where, scores, work = last(console, 3)
    assert where.startswith("epoch 2/2 · step 6/6 · 0:0")
    assert "left" not in where  # it is over
    assert re.fullmatch(r"best 1 · mean 0\.5\d+ · val 1 · 2 policies", scores)
    assert work.endswith("evals")
    assert "\x1b[?25h" in console.file.getvalue()  # the cursor is back


def test_the_header_names_the_function_and_is_no_markup(train):
    class Named(lp.MutationOptimizer):
        name = "[/bold] of [red]mine\x1b[2J"

    out = io.StringIO()
    train(Progress(Console(file=out)), optimizer=Named(), max_steps=1, run_dir=False)
    assert out.getvalue().startswith("double · [/bold] of [red]mine\\x1b[2J\n")


def test_elsewhere_it_prints_lines(train):
    out = io.StringIO()
    train(Progress(Console(file=out, width=20), interval=0))
    lines = [line for line in out.getvalue().splitlines() if line.startswith("epoch")]
    assert [re.search(r"step (\S+)", line)[1] for line in lines] == [
        *("1/6", "2/6", "3/6", "4/6", "5/6", "6/6"),
        "6/6",
    ]
    assert "\x1b" not in out.getvalue()
    assert all(re.search(r" · best 0\.\d+ · mean 0\.\d+ · 1 policies · ", line) for line in lines)


def test_lines_come_now_and_then(train):
    out = io.StringIO()
    train(Progress(Console(file=out), interval=3600))
    assert len([line for line in out.getvalue().splitlines() if "epoch" in line]) == 1


def test_why_it_stopped_is_said(train):
    out = io.StringIO()
    stop = LambdaCallback(on_train_batch_end=lambda trainer, _: trainer.stop("of [bold]me[/]"))
    train(stop, Progress(Console(file=out)))
    assert out.getvalue().endswith("stopped: of [bold]me[/]\n")


def test_the_validation_after_the_time_is_over_is_told_of(train):
    out = io.StringIO()

    def wait(trainer, _):
        while trainer.seconds < 1:
            time.sleep(0.01)

    train(
        LambdaCallback(on_train_batch_end=wait),
        Progress(Console(file=out), interval=3600),
        max_time=1,
        val=[((1,), 2)],
    )
    said, end, why = out.getvalue().splitlines()[-3:]
    assert " · validating after max_time=1 s · best" in said
    assert "validating" not in end
    assert " · val 0 · " in end
    assert why == "stopped: max_time=1 s"


def test_the_display_is_closed_after_an_error_and_can_be_opened_again(train):
    console = terminal()
    progress = Progress(console)
    with pytest.raises(ZeroDivisionError):
        train(progress, LambdaCallback(on_train_batch_end=lambda *_: 1 / 0), run_dir=False)
    assert console.file.getvalue().count("\x1b[?25l") == console.file.getvalue().count("\x1b[?25h")
    train(progress)
    assert last(console, 3)[0].startswith("epoch 2/2 · step 6/6")
    threads = [each for each in threading.enumerate() if "Refresh" in type(each).__name__]
    for thread in threads:  # rich tells it to end, and doesn't wait
        thread.join(20)
        assert not thread.is_alive()


def answer(messages):
    return Reply(
        "```python\ndef double(x):\n    return 2 * x\n```", usage=Usage(1, 1000, 500, 0, 0.01)
    )


def test_what_a_model_costs_and_what_is_left(train):
    console = terminal(140)
    optimizer = lp.LLMOptimizer(answer, n_parents=1, n_children=2, n_setup=2)
    budget = lp.Budget(usd=1, calls=50, tokens=100_000, evaluations=10_000)
    trainer, _ = train(Progress(console), optimizer=optimizer, budget=budget)
    calls = trainer.optimizer.spent.calls
    assert calls == 14
    work = last(console, 1)[0]
    assert "0 in flight · 14 calls (36 left) · 21k tok (79k left) · $0.1400 ($0.86 left)" in work
    assert re.search(r"\d evals \(9\.\d+k left\) · ", work)


def test_an_unknown_price_is_shown_as_unknown(train):
    console = terminal()

    def free(messages):
        return Reply(answer(messages).text, usage=Usage(1, 10, 5))

    train(Progress(console), optimizer=lp.LLMOptimizer(free, n_setup=1), max_steps=1)
    assert last(console, 2)[0].endswith("tok · $?")


def test_tokens_that_nobody_counts_are_shown_as_unknown(train):
    console = terminal()
    optimizer = lp.LLMOptimizer(lambda messages: answer(messages).text, n_setup=1)
    train(Progress(console), optimizer=optimizer, max_steps=1, budget=lp.Budget(tokens=10**9))
    assert last(console, 2)[0].endswith(" calls · ? tok · $?")


def test_requests_in_flight_are_counted(train):
    seen, both, release = [], threading.Barrier(3, timeout=20), threading.Event()

    def slow(messages):
        both.wait()
        assert release.wait(20)
        return answer(messages)

    optimizer = lp.LLMOptimizer(slow, n_setup=2, n_parents=1, n_children=2)

    def look():
        both.wait()  # two requests have arrived
        seen.append(optimizer.in_flight)
        release.set()
        both.reset() if both.n_waiting else None

    watcher = threading.Thread(target=look)
    watcher.start()
    assert optimizer.in_flight == 0
    module = lp.module(score=lp.exact_match)(double_stub)
    assert len(optimizer.setup(module)) == 1
    watcher.join()
    assert seen == [2]
    assert optimizer.in_flight == 0
    assert lp.MutationOptimizer().in_flight == 0
    optimizer.close()


def double_stub(x: int) -> int:
    """Double."""


@pytest.mark.parametrize("width", [1, 8, 20, 40, 60, 80, 200])
def test_no_row_is_wider_than_the_terminal(width, train):
    console = terminal(width)
    optimizer = lp.LLMOptimizer(answer, n_setup=1)
    progress = Progress(console)
    train(progress, optimizer=optimizer, budget=lp.Budget(usd=1), val=[((1,), 2)], max_steps=1)
    frames = shown(console).split("isolation: ", 1)[1].splitlines()[1:]
    rows = [row for row in frames if " · " in row and "stopped" not in row]
    assert all(len(row) <= max(width, 20) for row in rows)
    cells = [Cell("1,234", after="evals", drop=2), Cell("12345678901234567890", drop=0)]
    (line,) = console.render_lines(drawn([cells], width), console.options, pad=False)
    assert sum(segment.cell_length for segment in line) <= width


def test_what_goes_first_where_it_is_narrow():
    cells = [Cell("1", "a", drop=1), Cell("2", "b", drop=3), Cell("3", "c")]
    assert [cell.before for cell in fitting(cells, 15)] == ["a", "b", "c"]
    assert [cell.before for cell in fitting(cells, 14)] == ["a", "c"]
    assert [cell.before for cell in fitting(cells, 8)] == ["c"]
    assert [cell.before for cell in fitting(cells, 0)] == ["c"]
    assert fitting([], 10) == []


def test_counts_in_three_digits():
    counts = (0, 999, 1000, 45_123, 999_999, 1.25e6, 3.1e9)
    assert [short(count) for count in counts] == [
        "0",
        "999",
        "1k",
        "45.1k",
        "1M",
        "1.25M",
        "3,100M",
    ]


def test_an_output_that_knows_ascii_alone(train):
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding="ascii", write_through=True), width=120)
    train(Progress(console), run_dir=False)
    text = raw.getvalue().decode()
    assert text.startswith("double | recited\n")
    assert "epoch 2/2 | step 6/6 | 0:0" in text


def test_an_output_that_fails_is_told_of_once_and_the_run_goes_on(train):
    class Full(io.StringIO):
        def write(self, text):
            raise OSError(28, "No space left on device")

    with pytest.warns(UserWarning, match="the run goes on: .*No space left") as caught:
        trainer, _ = train(Progress(Console(file=Full()), interval=0))
    assert len(caught) == 1
    assert trainer.step == 6


def test_two_displays_and_nested_trainers(train):
    console = terminal()

    def inner(trainer, module):
        if trainer.step == 2:
            train(Progress(console), run_dir=False, max_epochs=1)

    trainer, _ = train(
        Progress(console), Progress(console), LambdaCallback(on_train_batch_end=inner)
    )
    assert trainer.step == 6
    text = console.file.getvalue()
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h")
    assert not console._live_stack


def test_objectives_are_shown(train):
    console = terminal()

    @lp.module(score=lambda output, label: {"right": float(output == label), "small": 0.25})
    def double(x: int) -> int:
        """Double."""

    train(Progress(console), module=double, max_steps=1)
    scores = last(console, 4)[1]
    assert scores.startswith("best 0.5 · mean 0.5 · right 0.25 · small 0.25 · 1 policies")


# The time left


def lefts(train, *callbacks, **settings):
    """What is said to be left after each step [s]; None where nothing is said."""
    found = []
    progress = Progress(Console(file=io.StringIO()))

    def look(trainer, module):
        found.append(progress._pace.left(trainer))

    train(progress, *callbacks, LambdaCallback(on_train_batch_end=look), **settings)
    return found


def test_without_a_limit_nothing_is_said(train):
    stop = LambdaCallback(on_train_batch_end=lambda t, _: t.step < 8 or t.stop("enough"))
    assert lefts(train, stop, max_epochs=None) == [None] * 8


def test_epochs_are_known_where_the_data_says_how_much_there_is(train):
    found = lefts(train, max_epochs=3)
    assert None not in found
    assert found[-1] == 0


def test_else_they_are_known_after_the_first(train):
    class Stream:
        def __iter__(self):
            return iter([((n,), 2 * n) for n in range(12)])

    found = lefts(train, max_epochs=3, data=Stream())
    assert found[:3] == [None] * 3
    assert None not in found[3:]
    assert found[-1] == 0


def test_steps_are_known_at_once(train):
    found = lefts(train, max_steps=4, max_epochs=None)
    assert None not in found
    assert found[-1] == 0


def test_the_limit_that_comes_first_counts(train):
    stop = LambdaCallback(on_train_batch_end=lambda trainer, _: trainer.stop("enough"))
    settings = {"max_epochs": None, "max_steps": 10**9}
    assert lefts(train, TimeLimit(100), stop, max_time=50, **settings) == [pytest.approx(50, abs=9)]
    settings["run_dir"] = False
    assert lefts(train, TimeLimit(50), stop, max_time=100, **settings) == [pytest.approx(50, abs=9)]


def test_a_budget_is_a_limit(train):
    optimizer = lp.LLMOptimizer(answer, n_parents=1, n_children=2, n_setup=2)
    settings = {"optimizer": optimizer, "budget": lp.Budget(usd=0.10), "max_epochs": None}
    found = lefts(train, **settings)
    assert None not in found
    assert found[-1] == 0


def test_it_says_so(train):
    out = io.StringIO()
    train(Progress(Console(file=out), interval=0), TimeLimit("1:00:00:00"), max_steps=2)
    assert " · ~1 s left · " in out.getvalue()


def test_a_resumed_run_shows_the_end_of_the_whole(train, tmp_path):
    def breaks(trainer, module):
        if trainer.step == 4:
            raise KeyboardInterrupt

    train(LambdaCallback(on_train_batch_end=breaks), max_epochs=3)
    console = terminal()
    train(Progress(console), max_epochs=3, resume=True)
    assert last(console, 3)[0].startswith("epoch 3/3 · step 9/9")
    assert json.loads((tmp_path / "run" / "checkpoint.json").read_text())["callbacks"] == []
