"""`langprop predict`, as a user and as a pipe use it."""

import io
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langprop.cli.calls import from_lines
from langprop.cli.plain import as_json
from langprop.scripts.parsing import find_function


@pytest.fixture
def piped(monkeypatch):
    def pipe(data):
        stream = io.TextIOWrapper(io.BytesIO(data))
        monkeypatch.setattr(sys, "stdin", stream)

    return pipe


def test_arguments_are_literals(run, call):
    assert call("predict", "runs/double", "21") == (0, "42\n", "")
    assert call("predict", "runs/double", "'ab'") == (0, '"abab"\n', "")
    assert call("predict", "runs/double", "(1, 2.5)") == (0, "[1, 2.5, 1, 2.5]\n", "")
    assert call("predict", "runs/double", "--", "-1e3") == (0, "-2000.0\n", "")
    assert call("predict", "runs/double", "--kwargs", '{"x": true}') == (0, "2\n", "")
    assert call("predict", "--kwargs={'x': 4}", "runs/double") == (0, "8\n", "")
    assert call("predict", "--isolation=process", "runs/double", "-5") == (0, "-10\n", "")


def test_a_call_that_fails_is_an_answer_and_exit_code_1(run, call):
    code, out, err = call("predict", "runs/double", "None")
    assert (code, err) == (1, "")
    answer = json.loads(out)
    assert answer["status"] == "exception"
    assert "TypeError" in answer["error"]
    code, out, _ = call("predict", "runs/double", "1", "2")
    assert code == 1
    assert "positional" in json.loads(out)["error"]


def test_calls_come_from_standard_input(run, piped, call):
    piped(
        b'\xef\xbb\xbf[3]\n{"x": 4}\n\n{"x": 5, "label": 9}\n{"args": [6], "label": 1}\n'
        b'nope\n7\n[1, 2]\n{"y": 1}\n\xff\n[8]'
    )
    code, out, err = call("predict", "runs/double")
    assert (code, err) == (1, "")
    answers = [json.loads(line) for line in out.splitlines()]
    assert [each for each in answers if isinstance(each, int)] == [6, 8, 10, 12, 16]
    failed = [each for each in answers if isinstance(each, dict)]
    assert [each["status"] for each in failed] == [
        "no call", "no call", "exception", "exception", "no call"
    ]  # fmt: skip
    assert "line 6: not JSON" in failed[0]["error"]
    assert "line 7: a call must be a list" in failed[1]["error"]


def test_no_calls_are_no_answers(run, piped, call):
    piped(b"")
    assert call("predict", "runs/double") == (0, "", "")


def test_calls_come_from_files(run, call):
    folder = run.parents[1]
    (folder / "calls.jsonl").write_text('[1]\n{"x": 2}\n')
    (folder / "calls.json").write_text('[[3], {"x": 4}]')
    (folder / "table.csv").write_text("x,label\n5,1\n6,1\n")
    (folder / "unlabelled.csv").write_text("x\n7\n")
    assert call("predict", "runs/double", "--data=calls.jsonl") == (0, "2\n4\n", "")
    assert call("predict", "runs/double", "--data=calls.json") == (0, "6\n8\n", "")
    assert call("predict", "runs/double", "--data=table.csv") == (0, "10\n12\n", "")
    assert call("predict", "runs/double", "--data=unlabelled.csv") == (0, "14\n", "")
    (folder / "bad.json").write_text('{"x": 1}')
    (folder / "worse.json").write_text("{")
    (folder / "columns.csv").write_text("a,b\n1,2\n")
    for name in ("bad.json", "worse.json", "columns.csv", "none.jsonl", "none.csv", "notes.txt"):
        code, out, err = call("predict", "runs/double", f"--data={name}")
        assert (code, out) == (1, "")
        assert name in err
        assert "Traceback" not in err


def test_a_hang_ends_with_its_time_and_the_next_call_goes_on(run, piped, call):
    (run / "scripts/feed.py").write_text(
        "def double(x):\n    while x == 1: pass\n    print('got', x)\n    return x\n"
    )
    piped(b"[1]\n[2]\n[1]\n[1]\n[1]\n[3]\n")
    code, out, err = call("predict", "runs/double", "--policy=feed", "--limits.time=0.2")
    assert code == 1
    answers = [json.loads(line) for line in out.splitlines()]
    assert [a if isinstance(a, int) else a["status"] for a in answers] == [
        "timeout", 2, "timeout", "timeout", "timeout", 3
    ]  # fmt: skip
    assert err == "got 2\ngot 3\n"


def test_a_run_is_used_without_the_code_that_it_was_made_with(run, piped, call):
    (run / "fit.yaml").write_text("module: /nowhere/task.py:double\n")
    assert call("predict", "runs/double", "2")[:2] == (0, "4\n")


def test_each_answer_is_there_before_the_next_call(run):
    program = subprocess.Popen(
        [sys.executable, "-m", "langprop", "predict", "runs/double"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with program:
        for number in (1, 20):
            program.stdin.write(f"[{number}]\n")
            program.stdin.flush()
            assert program.stdout.readline() == f"{2 * number}\n"
        program.stdin.close()
        assert program.wait(60) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["predict"], 2, "RUN"),
        (["predict", "nowhere", "1"], 1, "there is no run folder"),
        (["predict", "runs/double", "abc"], 1, "is no Python literal"),
        (["predict", "runs/double", "open('x')"], 1, "is no Python literal"),
        (["predict", "runs/double", "--kwargs=[1]"], 1, "must name the arguments"),
        (["predict", "runs/double", "--kwargs={1: 2}"], 1, "must name the arguments"),
        (["predict", "runs/double", "1", "--data=x.jsonl"], 2, "either arguments or --data"),
        (["predict", "runs/double", "1", "--policy=zzz"], 1, "no id in this run"),
        (["predict", "runs/double", "1", "--limits.memory=0"], 1, "must be at least 1"),
    ],
)
def test_mistakes_in_predicting_are_told(run, call, arguments, code, message):
    found, out, err = call(*arguments)
    assert (found, out) == (code, "")
    assert message in err
    assert "Traceback" not in err


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(plain)
def test_every_answer_is_one_line_of_strict_json(value):
    def refuse(name):
        raise AssertionError(name)

    text = as_json(value)
    assert "\n" not in text
    json.loads(text, parse_constant=refuse)


def test_answers_that_json_has_no_form_for():
    numpy = pytest.importorskip("numpy")
    assert as_json(numpy.array([[1, 2], [3, 4]])) == "[[1, 2], [3, 4]]"
    assert as_json((numpy.float32(0.5), {3, 1, 2}, b"a", 1j)) == '[0.5, [1, 2, 3], "b\'a\'", "1j"]'
    assert as_json({1: {"a", 1}, None: 2}) == '{"1": ["a", 1], "None": 2}'
    assert as_json([float("nan"), float("-inf")]) == "[null, null]"
    assert as_json(10**20_000) == "1" + "0" * 20_000
    assert as_json(1 << 400_000).startswith('"0x1000')


def test_a_label_is_an_argument_where_the_function_has_such_a_parameter():
    function = find_function("def f(x, label): ...", "f")
    (made,) = from_lines([b'{"x": 1, "label": 2}'], "here", function)
    assert made.kwargs == {"x": 1, "label": 2}
    function = find_function("def f(args): ...", "f")
    (made,) = from_lines([b'{"args": [1]}'], "here", function)
    assert made.kwargs == {"args": [1]}
