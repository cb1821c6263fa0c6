"""Resume: a run that was killed ends as if it hadn't been."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import langprop as lp
from langprop.errors import CheckpointError, LLMConnectionError

RUNS = Path(__file__).parent / "resume_runs.py"
DATA = [((n,), 2 * n) for n in range(6)]


def double():
    @lp.module(score=lambda output, label: 1.0 / (1.0 + abs(output - label)))
    def double(x: int) -> int:
        """Twice the number."""

    return double


def trainer_of(folder, optimizer="mutation", **settings):
    chosen = {"max_steps": 4, "max_epochs": None, "batch_size": 3, **settings}
    return lp.Trainer(optimizer, run_dir=folder, progress=False, workers=1, **chosen)


def killed(folder, kind, seed, kills):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(RUNS), str(folder), kind, str(seed), str(kills)],
        capture_output=True,
        text=True,
        check=False,
        timeout=1500,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", ["mutation", "llm"])
def test_a_run_that_is_killed_between_any_two_writes(tmp_path, kind):
    told = killed(tmp_path, kind, seed=3, kills=4)
    assert told["killed"] >= 3
    assert len(set(told["hashes"])) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mutation", "llm"])
def test_100_runs_that_are_killed(tmp_path, kind):
    told = killed(tmp_path, kind, seed=4, kills=100)
    assert told["killed"] >= 90
    assert len(told["hashes"]) == 101
    assert len(set(told["hashes"])) == 1


def test_a_finished_run_stays_as_it_is_and_goes_on_when_a_limit_is_raised(tmp_path):
    trainer_of(tmp_path / "a").fit(double(), DATA, DATA)
    before = (tmp_path / "a/checkpoint.json").read_bytes()
    again = trainer_of(tmp_path / "a")
    again.fit(double(), DATA, DATA, resume=True)
    assert (tmp_path / "a/checkpoint.json").read_bytes() == before
    assert again.stopped == "max_steps=4"
    longer = trainer_of(tmp_path / "a", max_steps=7)
    longer.fit(double(), DATA, DATA, resume=True)
    trainer_of(tmp_path / "b", max_steps=7).fit(double(), DATA, DATA)
    states = [json.loads((tmp_path / name / "checkpoint.json").read_text()) for name in "ab"]
    assert longer.step == 7
    # The first one was validated after its fourth step, too.
    for state in states:
        for policy in state["module"]["population"]["policies"]:
            del policy["val_score"], policy["val_stderr"]
        del state["module"]["population"]["champion"], state["metrics"]
        del state["evaluations"], state["gaps"]
    assert states[0] == states[1]


def test_where_there_is_no_run_yet_one_begins(tmp_path):
    trainer = trainer_of(tmp_path / "new")
    trainer.fit(double(), DATA, resume=True)
    assert trainer.step == 4
    with pytest.raises(CheckpointError, match=r"resume it with resume=True"):
        trainer_of(tmp_path / "new").fit(double(), DATA)
    with pytest.raises(CheckpointError, match=r"no run folder to resume from"):
        trainer_of(False).fit(double(), DATA, resume=True)


def test_another_module_or_optimizer_is_refused(tmp_path):
    trainer_of(tmp_path / "run").fit(double(), DATA)

    @lp.module(score=lp.exact_match)
    def triple(x: int) -> int:
        """Thrice the number."""

    with pytest.raises(CheckpointError, match=r"of 'double', not the one .*'triple'"):
        trainer_of(tmp_path / "run").fit(triple, DATA, resume=True)
    with pytest.raises(CheckpointError, match=r"optimizer"):
        trainer_of(tmp_path / "run", lambda messages: "").fit(double(), DATA, resume=True)
    stopping = [lp.EarlyStopping("train/best", patience=9)]
    with pytest.raises(CheckpointError, match=r"callbacks none, but now there are EarlyStopping"):
        trainer_of(tmp_path / "run", callbacks=stopping).fit(double(), DATA, resume=True)


def test_what_has_changed_is_told_and_accepted_if_it_is_meant(tmp_path):
    def train(module, data=DATA, val=None, resume=True):
        trainer = trainer_of(tmp_path / "run")
        trainer.fit(module, data, val, resume=resume)
        return trainer

    train(double())

    def lenient(output, label):
        return 1.0 if output == label else 0.5

    @lp.module(score=lenient)
    def other(x: int) -> int:
        """Twice the number."""

    other.entry_point, other.stub = double().entry_point, double().stub
    prompted = double()
    prompted.prompts = lp.Prompts(setup="Write it.")
    for module, data, val, what in (
        (other, DATA, None, "the module changed"),
        (double(), DATA[:-1], None, rf"the training data \({len(DATA)} samples then, "),
        (double(), [*DATA[:-1], ((99,), 1)], None, "the training data changed"),
        (double(), DATA, DATA, "the validation data"),
        (prompted, DATA, None, "the prompts changed"),
    ):
        with pytest.raises(CheckpointError, match=rf"{what}.*resume='force'.*--force"):
            train(module, data, val)
    assert train(other, DATA[:-1], resume="force").step == 4


def test_data_that_cannot_be_looked_at_is_taken_on_trust(tmp_path):
    class Thing:
        """No plain data."""

    @lp.module(score=lambda output, label: float(isinstance(label, Thing)))
    def double(x: int) -> int:
        """Twice the number."""

    for _ in range(2):
        data = [((n,), Thing()) for n in range(6)]
        trainer_of(tmp_path / "run").fit(double, data, resume=True)


def test_a_damaged_checkpoint_is_told_and_the_one_before_is_used_if_asked_for(tmp_path):
    path = tmp_path / "run/checkpoint.json"
    trainer_of(tmp_path / "run").fit(double(), DATA)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match=r"can't be read: .*resume='previous'"):
        trainer_of(tmp_path / "run").fit(double(), DATA, resume=True)
    trainer_of(tmp_path / "run").fit(double(), DATA, resume="previous")
    assert path.read_bytes() == whole
    state = json.loads(whole)
    path.write_text(json.dumps({**state, "format": 99}))
    with pytest.raises(CheckpointError, match=r"format 99, but this version reads up to .*upgrade"):
        trainer_of(tmp_path / "run").fit(double(), DATA, resume=True)
    path.write_text(json.dumps({"format": 1, "module": state["module"], "stub": state["stub"]}))
    with pytest.raises(CheckpointError, match=r"doesn't go with this trainer"):
        trainer_of(tmp_path / "run").fit(double(), DATA, resume=True)


def test_what_was_paid_for_before_the_end_is_not_paid_for_again(tmp_path):
    asked = []

    def model(messages):
        asked.append(messages[-1].content)
        if len(asked) == 8 and not resumed:
            raise LLMConnectionError("the server died")
        return f"```python\ndef double(x):\n    return x * {len(asked)}\n```"

    resumed = []
    settings = {"n_parents": 2, "n_children": 2, "n_setup": 2, "concurrency": 1, "attempts": 1}

    class Dies(lp.LLMOptimizer):
        def judged(self, module, children):
            if not resumed and self.state_dict()["step"] == 2:
                raise KeyboardInterrupt  # in the midst of a step, with its replies recorded
            super().judged(module, children)

    first = trainer_of(tmp_path / "run", Dies(model, **settings))
    first.fit(double(), DATA, DATA)
    assert first.interrupted
    before = len(asked)
    resumed.append(True)
    trainer = trainer_of(tmp_path / "run", Dies(model, **settings), max_steps=2)
    trainer.fit(double(), DATA, DATA, resume=True)
    assert trainer.step == 2
    assert before >= 8
    assert len(asked) == before + 1  # only the request that had failed


def test_two_processes_do_not_train_in_one_folder(tmp_path):
    inside, go_on = threading.Event(), threading.Event()

    def model(messages):
        inside.set()
        assert go_on.wait(60)
        return "```python\ndef double(x):\n    return x\n```"

    first = trainer_of(tmp_path / "run", model, max_steps=1)
    thread = threading.Thread(target=first.fit, args=(double(), DATA))
    thread.start()
    try:
        assert inside.wait(60)
        for resume in (False, True):
            with pytest.raises(CheckpointError, match="is being trained in"):
                trainer_of(tmp_path / "run").fit(double(), DATA, resume=resume)
    finally:
        go_on.set()
        thread.join(60)
    assert first.step == 1
    trainer_of(tmp_path / "run", model, max_steps=2).fit(double(), DATA, resume=True)


def test_what_was_validated_last_is_not_validated_again_when_a_limit_is_raised(tmp_path):
    # The fourth step ends an epoch: the run stopped there, and validated, before the epoch ended.
    seen = []
    hooks = lp.LambdaCallback(on_validation_end=lambda trainer, module: seen.append(trainer.step))
    given = {"callbacks": [hooks], "executor": "inline"}
    trainer_of(tmp_path, **given).fit(double(), DATA, DATA)
    trainer_of(tmp_path, max_steps=7, **given).fit(double(), DATA, DATA, resume=True)
    assert seen == [2, 4, 6, 7]
    lines = map(json.loads, (tmp_path / "metrics.jsonl").read_text().splitlines())
    assert [line["step"] for line in lines if "train/best" not in line] == seen
