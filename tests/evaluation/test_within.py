"""What a module did, as far as another one that calls it can tell."""

import pytest

import langprop as lp
from langprop.evaluation import KEPT_CALLS, evaluate_within
from langprop.executors.inline import InlineExecutor
from langprop.executors.local import LocalExecutor
from langprop.population.record import CallRecord, Record
from langprop.scripts.script import Script


@pytest.fixture(scope="module", params=["inline", "local"])
def executor(request):
    with InlineExecutor() if request.param == "inline" else LocalExecutor(1) as made:
        yield made


@pytest.fixture(scope="module")
def local():
    with LocalExecutor(1) as made:
        yield made


def fresh():
    """`total` sums up what `parse` reads, and doesn't call it for nothing."""

    @lp.module
    def parse(text: str) -> float:
        """Read a number."""
        return float(text)

    @lp.module
    def total(texts: list[str]) -> float:
        """Sum up numbers."""
        return sum(parse(text) for text in texts)

    return parse, total


TOTAL = "def total(texts):\n    return sum(parse(text) for text in texts)\n"


def judged(executor, source, data, own=TOTAL, limits=None, **best):
    parse, total = fresh()
    scripts = {name: Script(text, name) for name, text in best.items()}
    script = Script(source, "parse")
    found = evaluate_within(
        total, Script(own, "total"), parse, [script], data,
        executor=executor, limits=limits, best=scripts,
    )  # fmt: skip
    return found[script.id]


def test_a_sample_is_one_record_however_often_it_calls(executor):
    data = [((["1", "2"],), 3.0), (([],), 0.0), ((["5"] * 40,), 1.0)]
    two, many = judged(executor, "def parse(text):\n    return float(text)\n", data)
    assert (two.sample, two.status, two.score) == (0, "ok", 1.0)
    assert (two.args, two.output, two.label) == (("2",), 2.0, None)
    assert [(call.origin, call.function, call.args) for call in two.calls] == [
        ("total", "parse", ("1",)),
        ("total", "parse", ("2",)),
    ]
    assert (two.whole.args, two.whole.output, two.whole.label) == ((["1", "2"],), 3.0, 3.0)
    assert (many.sample, many.score, len(many.calls)) == (2, 0.0, KEPT_CALLS)


def test_several_scripts_are_judged_each_in_place(executor):
    parse, total = fresh()
    scripts = [Script(f"def parse(text):\n    return {n}\n", "parse") for n in (1, 2, 3, 2)]
    found = evaluate_within(
        total, Script(TOTAL, "total"), parse, scripts, [((["x"],), 2)], executor=executor
    )
    assert [(script_id, records[0].score) for script_id, records in found.items()] == [
        (scripts[0].id, 0.0),
        (scripts[1].id, 1.0),
        (scripts[2].id, 0.0),
    ]


def test_an_exception_is_that_of_those_it_came_through(executor):
    data = [((["1", "x"],), 1.0)]
    source = "def parse(text):\n    return float(text)\n"
    (record,) = judged(executor, source, data)
    assert (record.status, record.args, record.output) == ("exception", ("x",), None)
    assert record.exception.splitlines()[:4] == [
        "line 2 of its caller, in total",
        "    return sum(parse(text) for text in texts)",
        "line 2 of its caller, in <genexpr>",
        "    return sum(parse(text) for text in texts)",
    ]
    assert "\nline 2, in parse\n    return float(text)\nValueError:" in record.exception


def test_an_exception_elsewhere_is_not_the_modules_own(executor):
    own = "def total(texts):\n    return parse(texts[0]) / 0\n"
    (record,) = judged(executor, "def parse(text):\n    return 1\n", [((["1"],), 1.0)], own)
    assert (record.status, record.score, record.exception) == ("ok", 0.0, "")
    assert (record.args, record.output) == (("1",), 1)
    assert record.whole.status == "exception"


def test_an_exception_that_the_caller_catches(executor):
    own = """
def total(texts):
    found = 0
    for text in texts:
        try:
            found += parse(text)
        except ValueError:
            pass
    return found
"""
    source = "def parse(text):\n    return float(text)\n"
    data = [((["1", "x"],), 1.0), ((["x"],), 0.0)]
    some, none = judged(executor, source, data, own)
    assert (some.status, some.score, some.args) == ("ok", 1.0, ("1",))
    assert [bool(call.exception) for call in some.calls] == [False, True]
    assert (none.status, none.score, none.args) == ("exception", 1.0, ("x",))
    assert none.exception == "ValueError: could not convert string to float: 'x'"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def parse(text)\n    return 1\n", "line 1\n    def parse(text)\n"),
        ("1 / 0\ndef parse(text):\n    return 1\n", "line 1\n    1 / 0\nZeroDivisionError"),
        ("def parsed(text):\n    return 1\n", "defines no function 'parse'"),
    ],
)
def test_a_script_that_cannot_be_loaded_fails_on_all_samples(executor, source, message):
    parse, total = fresh()
    script = Script(source, "parse", id="any")  # a broken one has no tree to make an id of
    data = [((["1"],), 1.0), ((["2"],), 2.0)]
    found = evaluate_within(
        total, Script(TOTAL, "total"), parse, [script], data, executor=executor
    )["any"]
    assert [(record.status, record.score, record.args) for record in found] == [
        ("exception", 0.0, ()),
        ("exception", 0.0, ()),
    ]
    assert message in found[0].exception


def test_a_caller_that_fails_before_it_calls_says_nothing(executor):
    own = "def total(texts):\n    return 1 / 0 + parse(texts[0])\n"
    assert judged(executor, "def parse(text):\n    return 1\n", [((["1"],), 1.0)], own) == []
    assert judged(executor, "def parse(text):\n    return 1\n", [((["1"],), 1.0)], "(") == []


def test_a_process_that_dies_does_not_pay(local):
    limits = lp.Limits(time=0.5, failures=9)
    died = "import os\ndef parse(text):\n    return 1 if text == '1' else os._exit(3)\n"
    data = [((["1"],), 1.0), ((["2"],), 2.0)]
    well, crash = judged(local, died, data, limits=limits)
    assert (well.status, well.score) == ("ok", 1.0)
    assert (crash.status, crash.score, crash.args) == ("crash", 0.0, ())
    slow = "def parse(text):\n    while True:\n        pass\n"
    (record,) = judged(local, slow, data[:1], limits=limits)
    assert (record.status, record.score) == ("timeout", 0.0)


def test_a_module_in_the_middle_knows_what_it_called(executor):
    low = lp.module(lowest)

    @lp.module(depends=[low])
    def middle(x: int) -> int:
        """Ten times that."""

    @lp.module(depends=[middle])
    def top(x: int) -> int:
        """All of it."""

    script = Script("def middle(x): return 10 * lowest(x)", "middle")
    own = Script("def top(x): return middle(x) + 1", "top")
    data = [((1,), 21), ((-1,), 0)]
    good, bad = evaluate_within(top, own, middle, [script], data, executor=executor)[script.id]
    assert (good.score, good.args, good.output) == (1.0, (1,), 20)
    assert [(call.origin, call.function) for call in good.calls] == [
        ("middle", "lowest"),
        ("top", "middle"),
    ]
    assert (bad.status, bad.args) == ("exception", (-1,))  # it came through this one
    assert "line 1, in middle" in bad.exception
    assert "of <script lowest>" in bad.exception
    script = Script("def lowest(x): return x + 1", "lowest")
    found = evaluate_within(
        top, own, low, [script], data, executor=executor,
        best={"middle": Script("def middle(x): return 10 * lowest(x)", "middle")},
    )  # fmt: skip
    assert [record.args for record in found[script.id]] == [(1,), (-1,)]


def lowest(x: int) -> int:
    """One more."""
    if x < 0:
        raise ValueError("negative")
    return x + 1


def test_modules_that_call_each_other_in_circles(executor):
    @lp.module
    def is_even(n: int) -> bool:
        """Whether a number is even."""

    @lp.module(depends=[is_even])
    def is_odd(n: int) -> bool:
        """Whether a number is odd."""

    is_even.depends = [is_odd]
    own = Script("def is_even(n): return n == 0 or is_odd(n - 1)", "is_even")
    right = Script("def is_odd(n): return n > 0 and is_even(n - 1)", "is_odd")
    wrong = Script("def is_odd(n): return False", "is_odd")
    data = [((n,), n % 2 == 0) for n in range(4)]
    found = evaluate_within(is_even, own, is_odd, [right, wrong], data, executor=executor)
    assert [(each.sample, each.score) for each in found[right.id]] == [(1, 1.0), (2, 1.0), (3, 1.0)]
    assert [each.score for each in found[wrong.id]] == [1.0, 0.0, 1.0]


def test_samples_of_several_calls(executor):
    parse, _ = fresh()

    class Total(lp.Module):
        stub = "def total(before, text):\n    '''The sum so far.'''\n"
        depends = (parse,)

        def forward(self, function, texts):
            found = 0.0
            for text in texts:
                found = yield function(found, text)
            return found

        def score(self, output, label):
            return lp.exact_match(output, label)

    own = Script("def total(before, text): return before + parse(text)", "total")
    script = Script("def parse(text): return float(text)", "parse")
    data = [((["1", "2"],), 3.0), (([],), 0.0), ((["1", "x"],), 1.0)]
    good, bad = evaluate_within(Total(), own, parse, [script], data, executor=executor)[script.id]
    assert (good.sample, good.score, good.args, good.output) == (0, 1.0, ("2",), 2.0)
    assert [call.function for call in good.calls] == ["parse", "parse"]
    assert (bad.sample, bad.status, bad.args) == (2, "exception", ("x",))


def test_calls_that_were_forgotten_are_no_reason_to_pass_a_sample_over():
    from langprop.evaluation.within import received

    others = tuple(
        CallRecord((), {}, 1, "", origin="total", function=f"other{n}") for n in range(KEPT_CALLS)
    )
    record = received(Record(0, "ok", 0.25, calls=others), "parse")
    assert (record.status, record.score, record.calls) == ("ok", 0.25, ())
    assert received(Record(0, "ok", 0.25, calls=others[:-1]), "parse") is None
