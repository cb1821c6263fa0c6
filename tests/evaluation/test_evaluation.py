"""The forward pass: scripts × samples → records."""

import math

import pytest

import langprop as lp
from langprop.errors import DataError, OutOfTime, PolicyError
from langprop.evaluation import KEPT_CALLS, Batch


@pytest.fixture(scope="module")
def executor():
    with lp.LocalExecutor(workers=2) as made:
        yield made


def script(body, name="f", parameters="x"):
    return lp.Script(f"def {name}({parameters}):\n    {body}\n", name)


class Double(lp.Module):
    stub = 'def f(x):\n    """Double."""\n'
    exception_score = -1.0

    def score(self, output, label):
        return float(output == label)


SAMPLES = [((n,), 2 * n) for n in range(5)]


def judge(executor, *scripts, module=None, samples=SAMPLES, **limits):
    return lp.evaluate(module or Double(), scripts, samples, executor, lp.Limits(**limits))


def test_records_are_in_the_order_of_scripts_and_samples(executor):
    right, wrong = script("return 2 * x"), script("return x")
    result = judge(executor, right, wrong)
    assert list(result) == [right.id, wrong.id]
    assert [r.score for r in result[right.id]] == [1.0] * 5
    assert [r.score for r in result[wrong.id]] == [1.0, 0, 0, 0, 0]
    assert [(r.sample, r.args, r.label, r.output) for r in result[wrong.id]] == [
        (n, (n,), 2 * n, n) for n in range(5)
    ]


def test_the_same_script_twice_is_judged_once(executor):
    assert len(judge(executor, script("return 1"), script("return 1  # again"))) == 1


def test_no_scripts(executor):
    assert judge(executor) == {}


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("return 1 / x", "exception", "ZeroDivisionError"),
        ("return (i for i in ())", "bad_output", "generator"),
        ("return f", "bad_output", "function"),
        ("import os; os._exit(3)", "crash", ""),
        ("import sys; sys.exit()", "exception", "SystemExit"),
        ("return f(x)", "exception", "RecursionError"),
        ("while True: pass", "timeout", ""),
    ],
)
def test_a_failing_script_is_a_record(executor, body, status, message):
    (records,) = judge(executor, script(body), samples=[((0,), 0)], time=0.5).values()
    assert records[0].status == status
    assert records[0].score == -1.0
    assert message in records[0].exception


def test_the_message_has_the_scripts_own_line(executor):
    (records,) = judge(executor, script("y = 10 // x\n    return y")).values()
    assert "line 2" in records[0].exception
    assert "y = 10 // x" in records[0].exception
    assert [r.status for r in records[1:]] == ["ok"] * 4


def test_inputs_are_protected_from_changes(executor):
    samples = [(([1, 2, 3], {"a": [0]}), 0)]
    module = type("Two", (Double,), {"stub": "def f(x, y): ..."})()
    (records,) = judge(
        executor,
        script("x.clear(); y['a'].append(1); return 0", parameters="x, y"),
        module=module,
        samples=samples,
    ).values()
    assert records[0].score == 1.0
    assert records[0].args == ([1, 2, 3], {"a": [0]})
    assert samples[0][0] == ([1, 2, 3], {"a": [0]})


def test_prints_are_captured_per_sample_and_cut(executor):
    (records,) = judge(executor, script("print('x' * 10 ** x); return 0"), printed=50).values()
    assert records[0].printed == "x\n"
    assert records[1].printed == "x" * 10 + "\n"
    assert records[4].printed.startswith("x" * 50)
    assert len(records[4].printed) < 200


def test_labels_may_be_anything_since_they_stay_outside(executor):
    module = type("Label", (Double,), {"score": lambda self, output, label: label.value(output)})()

    class Secret:
        def value(self, output):
            return output + 0.5

    (records,) = judge(
        executor, script("return x"), module=module, samples=[((1,), Secret())]
    ).values()
    assert records[0].score == 1.5


def test_feedback_and_keyword_arguments(executor):
    def score(self, output, label):
        return lp.Score(output, feedback=f"got {output}")

    module = type("Feedback", (Double,), {"score": score})()
    (records,) = judge(
        executor,
        script("return x + y", parameters="x, y=0"),
        module=module,
        samples=[((1,), {"y": 2}, 0)],
    ).values()
    assert (records[0].score, records[0].feedback, records[0].kwargs) == (3.0, "got 3", {"y": 2})


def test_check_output_refuses_by_raising_or_by_false(executor):
    def raises(self, output):
        assert output > 2, "too small"

    for check in (raises, lambda self, output: output > 2):
        module = type("Checked", (Double,), {"check_output": check})()
        (records,) = judge(executor, script("return 2 * x"), module=module).values()
        assert [r.status for r in records] == ["bad_output"] * 2 + ["ok"] * 3
        assert records[1].output == 2  # kept, so that it can be shown
        assert records[1].score == -1.0
    assert "refused" in records[0].exception


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (lambda self, output, label: math.nan, "finite"),
        (lambda self, output, label: math.inf, "finite"),
        (lambda self, output, label: None, "must return a number"),
        (lambda self, output, label: "1", "must return a number"),
        (lambda self, output, label: 1 / 0, "ZeroDivisionError"),
        (lambda self, output, label: lp.Score(math.nan), "finite"),
        (lambda self, output, label: [1], "TypeError"),
    ],
)
def test_a_score_that_fails_is_a_record_and_a_warning(executor, score, message):
    module = type("Broken", (Double,), {"score": score})()
    with pytest.warns(UserWarning, match=r"failed on 5 of 5 answers"):
        (records,) = judge(executor, script("return x"), module=module).values()
    assert [r.status for r in records] == ["bad_output"] * 5
    assert [r.score for r in records] == [-1.0] * 5
    assert message in records[0].exception


def test_a_missing_score_is_an_error(executor):
    module = type("None", (lp.Module,), {"stub": "def f(x): ..."})()
    with pytest.raises(NotImplementedError, match="must define score"):
        judge(executor, script("return x"), module=module)


def test_keyboard_interrupt_in_score_is_not_swallowed(executor):
    def interrupted(self, output, label):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(
            executor, script("return x"), module=type("Ctrl", (Double,), {"score": interrupted})()
        )


@pytest.mark.parametrize("nothing", [[], iter(())])
def test_no_samples(executor, nothing):
    with pytest.raises(DataError, match="no samples"):
        judge(executor, script("return x"), samples=nothing)


def test_samples_that_cannot_be_read_are_left_out_with_a_warning(executor):
    with pytest.warns(UserWarning, match=r"1 of 3 samples can't be read; sample 1"):
        (records,) = judge(executor, script("return x"), samples=[((1,), 1), 5, ((2,), 2)]).values()
    assert [(r.sample, r.args) for r in records] == [(0, (1,)), (2, (2,))]
    with pytest.raises(DataError, match="2 of 2 samples can't be read"):
        judge(executor, script("return x"), samples=[5, 6])


def test_arguments_that_cannot_be_sent_are_left_out_too(executor):
    samples = [((1,), 1), ((object(),), 1)]
    with pytest.warns(UserWarning, match=r"sample 1: .*object of type object.*preprocess"):
        (records,) = judge(executor, script("return x"), samples=samples).values()
    assert [r.sample for r in records] == [0]
    with pytest.raises(DataError, match="object of type object"):
        judge(executor, script("return x"), samples=samples[1:])


def test_a_module_with_its_own_forward_may_have_any_samples(executor):
    class Opens(Double):
        def forward(self, function, box):
            return function(box.content)

    class Box:
        content = 3

    (records,) = judge(
        executor, script("return 2 * x"), module=Opens(), samples=[((Box(),), 6)]
    ).values()
    assert records[0].score == 1.0


def test_answers_below_the_exception_score_are_warned_of_once(executor):
    class Error(Double):
        exception_score = 0.0

        def score(self, output, label):
            return -abs(output - label)

    module = Error()
    with pytest.warns(UserWarning, match="Give the module a lower exception_score"):
        judge(executor, script("return x"), module=module)
    judge(executor, script("return x - 1"), module=module)  # a second warning would be an error


def test_watch_hears_of_each_script_and_may_end_the_evaluation(executor):
    scripts = [script(f"return {n}") for n in range(5)]
    counts = []
    lp.evaluate(Double(), scripts, SAMPLES, executor, watch=counts.append)
    assert [count for count in counts if count] == [5] * 5

    def stop(count):
        raise OutOfTime

    for module in (Double(), CountdownTogether()):
        with pytest.raises(OutOfTime):
            lp.evaluate(module, scripts, SAMPLES, executor, watch=stop)


@pytest.mark.parametrize("kind", ["Double", "Countdown", "CountdownTogether"])
def test_watch_is_asked_while_a_script_is_on_its_way(executor, kind):
    counts = []

    def stop(count):
        counts.append(count)
        raise OutOfTime

    slow = script("import time; time.sleep(0.06); return x - 1")
    samples = [((n,), None) for n in (5, 6, 7)]
    with pytest.raises(OutOfTime):
        lp.evaluate(globals()[kind](), [slow], samples, executor, watch=stop)
    assert counts == [0]  # before any script was judged


def test_a_batch_is_read_once_for_many_scripts(executor):
    module = Double()
    batch = Batch.read(module, SAMPLES)
    first = lp.evaluate(module, [script("return 2 * x")], batch, executor)
    second = lp.evaluate(module, [script("return x + x")], batch, executor)
    assert [r.score for rs in (*first.values(), *second.values()) for r in rs] == [1.0] * 10


# Modules that use the function several times on a sample


class Countdown(lp.Module):
    """Counts how often the function must be called until it says 0."""

    stub = 'def f(x):\n    """Go towards zero."""\n'
    exception_score = -100.0

    def forward(self, function, start):
        value, turns = start, 0
        while value != 0 and turns < 30:
            value, turns = function(value), turns + 1
        return turns

    def score(self, turns, label):
        return -turns


class CountdownTogether(Countdown):
    def forward(self, function, start):
        value, turns = start, 0
        while value != 0 and turns < 30:
            value, turns = (yield function(value)), turns + 1
        return turns


@pytest.mark.parametrize("kind", [Countdown, CountdownTogether])
def test_forward_may_call_the_function_many_times(executor, kind):
    samples = [((n,), None) for n in (0, 3, 12)]
    (records,) = judge(executor, script("return x - 1"), module=kind(), samples=samples).values()
    assert [r.score for r in records] == [0, -3, -12]
    assert [len(r.calls) for r in records] == [0, 3, KEPT_CALLS]
    assert (records[1].calls[0].args, records[1].calls[0].output) == ((3,), 2)
    assert records[2].calls[-1].args == (1,)


@pytest.mark.parametrize("kind", [Countdown, CountdownTogether])
def test_a_call_that_fails_ends_its_sample_only(executor, kind):
    source = script("assert x != 5\n    return x - 1")
    samples = [((n,), None) for n in (3, 7, 4)]
    (records,) = judge(executor, source, module=kind(), samples=samples).values()
    assert [r.status for r in records] == ["ok", "exception", "ok"]
    assert "assert x != 5" in records[1].exception
    assert len(records[1].calls) == 3


@pytest.mark.parametrize("kind", [Countdown, CountdownTogether])
def test_module_level_state_lives_for_one_sample(executor, kind):
    source = lp.Script("seen = []\ndef f(x):\n    seen.append(x)\n    return x - len(seen)\n", "f")
    samples = [((n,), None) for n in (6, 6, 10)]  # 6 = 1 + 2 + 3, 10 = 1 + 2 + 3 + 4
    (records,) = judge(executor, source, module=kind(), samples=samples).values()
    assert [r.score for r in records] == [-3, -3, -4]


def test_forward_may_catch_a_failing_call(executor):
    class Forgiving(Countdown):
        def forward(self, function, start):
            try:
                yield function(start)
            except PolicyError as error:
                return error.status
            return "fine"

        def score(self, output, label):
            return float(output == "exception")

    (records,) = judge(
        executor, script("return 1 / x"), module=Forgiving(), samples=[((0,), 0)]
    ).values()
    assert (records[0].score, records[0].status) == (1.0, "ok")


def test_check_output_sees_every_call(executor):
    class Checked(CountdownTogether):
        def check_output(self, output):
            assert output != 4, "four is refused"

    samples = [((n,), None) for n in (3, 6)]
    (records,) = judge(executor, script("return x - 1"), module=Checked(), samples=samples).values()
    assert [r.status for r in records] == ["ok", "bad_output"]
    assert "four is refused" in records[1].exception


def test_yielding_something_else_is_the_modules_error(executor):
    class Wrong(Countdown):
        def forward(self, function, start):
            yield start

    with pytest.raises(TypeError, match="must yield function"):
        judge(executor, script("return x"), module=Wrong())
