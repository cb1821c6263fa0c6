"""Several objectives in a run: figures, reports, what a model is told, resuming."""

import json
import math
import re

import numpy as np
import pytest

import langprop as lp
from langprop.optim.feedback import crossover_variables
from langprop.population import Policy, Record
from langprop.trainer.figures import objective_figures, step_figures
from langprop.trainer.report import Report

TRAIN = [((n,), 2 * n) for n in range(12)]


def made(**settings):
    @lp.module(
        score=lambda output, label: {"accuracy": float(output == label), "size": len(str(output))},
        seeds=["def f(x):\n    return x - 1\n"],
        **settings,
    )
    def f(x: int) -> int:
        """Double."""

    return f


def trainer(folder, **settings):
    return lp.Trainer(
        "mutation",
        **{"max_steps": 4, "batch_size": 4, "progress": False, "executor": "inline", **settings},
        run_dir=folder,
    )


WEIGHTS = {"accuracy": 1.0, "size": -0.01}


def test_a_run_shows_each_objective(tmp_path):
    module = made(weights=WEIGHTS, exception_score={"accuracy": -1, "size": 10})
    run = trainer(tmp_path / "run")
    best = run.fit(module, TRAIN)
    assert list(best.objectives) == ["accuracy", "size"]
    assert run.metrics["train/best"] == pytest.approx(
        run.metrics["train/best/accuracy"] - 0.01 * run.metrics["train/best/size"]
    )
    rows = [
        json.loads(line)
        for line in (tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert all({"train/best/accuracy", "train/best/size"} < row.keys() for row in rows)
    report = run.validate(module, TRAIN)
    assert report.score == pytest.approx(report.scores["accuracy"] - 0.01 * report.scores["size"])
    loaded = lp.load(tmp_path / "run")
    assert loaded.objectives == ("accuracy", "size")
    assert {name: each.priority for name, each in loaded.best.objectives.items()} == {
        name: each.priority for name, each in best.objectives.items()
    }


@pytest.mark.parametrize("weights", [WEIGHTS, {}])
def test_a_run_that_is_resumed_ends_alike(tmp_path, weights):
    states = []
    for name, parts in (("whole", [4]), ("broken", [2, 4])):
        for steps in parts:
            run = trainer(tmp_path / name, max_steps=steps)
            module = made(weights=weights, exception_score=-1.0)
            run.fit(module, TRAIN, resume=True)
        states.append(run.state_dict(module))
    assert states[0] == states[1]
    assert states[0]["module"]["objectives"] == ["accuracy", "size"]


def test_a_model_is_told_of_each_objective():
    asked = []

    def reply(messages):
        asked.append(messages[-1].content)
        return "```python\ndef f(x):\n    return x + x\n```"

    module = made(weights=WEIGHTS, exception_score=-1.0)
    lp.Trainer(reply, max_steps=1, batch_size=4, shuffle=False, progress=False, run_dir=False).fit(
        module, TRAIN
    )
    assert "The score is the sum accuracy - 0.01 · size." in asked[0]
    assert "higher is better. The means of its objectives: accuracy 0, size 1.25." in asked[0]
    assert "Score: -0.02 (accuracy 0, size 2)" in asked[0]


def test_the_figures_are_those_of_the_best():
    def policy(name, *values):
        one = Policy(lp.Script(f"# {name}", "f", id=name))
        one.tell([Record(0, "ok", sum(values), scores=dict(zip("ab", values, strict=True)))])
        return one

    figures = step_figures([policy("1", 1.0, 2.0), policy("2", 4.0, 0.0)], [])
    assert (figures["train/best/a"], figures["train/best/b"]) == (4.0, 0.0)
    assert objective_figures("val", {"a": 0.5}) == {"val/a": 0.5}
    single = Policy(lp.Script("# 3", "f"))
    single.tell([Record(0, "ok", 1.0)])
    assert not [name for name in step_figures([single], []) if name.startswith("train/best/")]


def test_a_report_of_several_objectives():
    records = [
        Record(0, "ok", 0.9, scores={"accuracy": 1.0, "size": 1.0}),
        Record(1, "timeout", -0.1, scores={"accuracy": 0.0, "size": 1.0}),
    ]
    report = Report("1", records)
    assert report.scores == {"accuracy": 0.5, "size": 1.0}
    assert report.stderrs == {"accuracy": 0.5, "size": 0.0}
    text = str(report)  # with intervals, which other tests know
    assert re.match(r"0\.4 .*over 2 samples: accuracy 0\.5.*, size 1.*; failed: 1 timeout$", text)


def test_a_report_of_one_score():
    report = Report("1", [Record(0, "ok", 1.0)])
    assert (report.scores, report.stderrs, str(report)) == ({}, {}, "1 over 1 samples")
    huge = Report("1", [Record(0, "ok", 1e300), Record(1, "ok", -1e300)])
    assert huge.stderr == math.inf


def test_templates_of_ones_own_find_the_scores(tmp_path):
    (tmp_path / "update.txt").write_text(
        "%% USER\n{{ score }} of {{ scores }}, on average {{ avg_scores['accuracy'] }}\n",
        encoding="utf-8",
    )
    asked = []

    def reply(messages):
        asked.append(messages[-1].content)
        return "```python\ndef f(x):\n    return x + x\n```"

    module = made(weights=WEIGHTS, exception_score=-1.0, prompts=lp.Prompts.load(tmp_path))
    lp.Trainer(reply, max_steps=1, batch_size=4, shuffle=False, progress=False, run_dir=False).fit(
        module, TRAIN
    )
    assert asked[0].strip() == "-0.02 of {'accuracy': 0.0, 'size': 2.0}, on average 0.0"


def test_a_crossover_prompt_shows_the_objectives_of_both():
    module = made(weights=WEIGHTS, exception_score=-1.0)
    policies = []
    for source, accuracy in (("# 1", 0.0), ("# 2", 1.0)):
        policy = Policy(lp.Script(source, "f"))
        scores = {"accuracy": accuracy, "size": 2.0}
        policy.tell([Record(0, "ok", accuracy - 0.02, scores=scores, weights=WEIGHTS)])
        policies.append(policy)
    variables = crossover_variables(module, *policies, np.random.default_rng(0))
    prompt = lp.Prompts.default().render_crossover(variables)[-1].content
    assert "The means of its objectives: accuracy 0, size 2." in prompt
    assert "The means of its objectives: accuracy 1, size 2." in prompt
    assert "The first script's score: -0.02 (accuracy 0, size 2)\n" in prompt
    assert "Score: 0.98 (accuracy 1, size 2)\n" in prompt
