"""What was tried from a script before is told to whoever is asked again."""

import re

import pytest

import langprop as lp
from langprop.optim.attempts import KEPT, attempts, note_attempts
from langprop.population.policy import Policy
from langprop.population.record import Record
from langprop.scripts.script import Script


def policy(source, records=(), parent=None):
    made = Policy(Script(source, "f", parent=parent))
    made.tell(records)
    return made


def scored(*scores, status="ok"):
    return [Record(n, status, score) for n, score in enumerate(scores)]


def test_gains_are_those_on_common_samples():
    parent = policy("def f(x):\n    return 1\n", scored(1.0, 2.0, 3.0))
    child = policy("def f(x):\n    return 2\n", scored(2.0, 2.0), parent.id)
    failing = policy("def f(x):\n    return 3\n", scored(0, 0, 0, status="exception"), parent.id)
    orphan = policy("def f(x):\n    return 4\n", scored(9.0), "nobody")
    new = policy("def f(x):\n    return 5\n", (), parent.id)
    note_attempts([parent, child], [child, failing, orphan, new])
    found = {each["gain"]: each for each in attempts(parent)}
    assert set(found) == {0.5, -2.0}
    assert (found[0.5]["samples"], found[0.5]["failed"]) == (2, 0)
    assert found[0.5]["stderr"] == pytest.approx(0.5)
    assert (found[-2.0]["samples"], found[-2.0]["failed"]) == (3, 3)
    assert "-    return 1\n+    return 2" in found[0.5]["diff"]
    assert attempts(child) == []


def test_the_last_ones_are_kept_and_diffs_are_cut():
    parent = policy("def f(x):\n    return 1\n", scored(1.0))
    long = "".join(f"    x = {n}\n" for n in range(300))
    for n in range(KEPT + 2):
        child = policy(f"def f(x):\n{long}    return {n}\n", scored(float(n)), parent.id)
        note_attempts([parent, child], [child])
    kept = attempts(parent)
    assert [each["gain"] for each in kept] == [float(n) - 1 for n in range(2, KEPT + 2)]
    assert all(each["stderr"] is None for each in kept)
    assert all(len(each["diff"]) < 900 for each in kept)
    assert re.search(r"… and \d+ more lines, in all: f$", kept[0]["diff"])
    huge = policy("def f(x):\n" + "    x = 1\n" * 3_000, scored(1.0), parent.id)
    note_attempts([parent], [huge])
    assert attempts(parent)[-1]["diff"] == ""


class Writer:
    """Writes worse and worse scripts; keeps what it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, messages):
        text = messages[-1].content
        self.asked.append(text)
        return f"```python\ndef f(x: int) -> int:\n    return x - {len(self.asked)}\n```"


def task():
    module = lp.module(f)
    module.score = lambda answer, label: 10 - abs(answer - label)
    return module


def f(x: int) -> int:
    """Guess."""
    return x


DATA = [((n,), n + 1) for n in range(4)]


def test_the_next_request_and_one_after_a_resume_tell_of_it(tmp_path):
    def train(steps, **more):
        writer = Writer()
        optimizer = lp.LLMOptimizer(writer, n_parents=1, n_children=1, capacity=4)
        settings = {"max_steps": steps, "progress": False, "run_dir": tmp_path / "run", "seed": 0}
        lp.Trainer(optimizer, batch_size=None, **settings).fit(task(), DATA, **more)
        return writer.asked

    first, second = train(2)
    assert "What was tried from it before" not in first
    told = second.partition("## What was tried from it before")[2]
    assert "- -1 (standard error 0) on 4 samples:" in told
    assert "Don't try them again." in told
    assert "-    return x\n+    return x - 1" in told
    (third,) = train(3, resume=True)
    told = third.partition("## What was tried from it before")[2]
    assert told.count("on 4 samples:") == 2
