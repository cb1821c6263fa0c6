"""Checkpoints in the folder format of the paper's code: read, used, written, refused."""

import copy
import errno
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import langprop as lp
from langprop.errors import CheckpointError, ModuleError, PolicyError, TemplateError
from langprop.modules import reference_folder
from langprop.modules.reference import Reference
from langprop.optim.feedback import setup_variables, update_variables
from langprop.population.record import Record
from langprop.prompts.native import NativeTemplate

GOOD = "import math\n\ndef double(x):\n    print('doubling')\n    return math.fsum([x, x])\n"
BROKEN = "def double(x)\n    return x  # doesn't compile\n"
HOSTILE = "raise SystemExit('run at load')\ndef double(x):\n    return " + "(" * 500 + "x\n"
SETUP = "%% SYSTEM\nExpert.\n%% USER\nWrite {{ function_name }}{{ args }}.\n\n"
UPDATE = "%% USER\n```python\n{{ code }}\n```\n$ if exception:\n$     print(exception)\n"


def numbers(priority, past_priority=0.0, past_weight=0.0, count=0, avg_score=0.0):
    return {
        "priority": priority,
        "past_priority": past_priority,
        "past_weight": past_weight,
        "count": count,
        "avg_score": avg_score,
    }


CONFIG = {
    "name": "double",
    "step": 17,
    "records": {
        "0": {"main": numbers(0.942857, 0.93333, 60.0, 10, 1.0)},
        "1": {
            "main": numbers(0.1 + 0.2, 0.25, 3.0, 10, 0.3150000000000001),
            "infractions": numbers(-0.5, -0.5, 2.5),
        },
        "2": {"main": numbers(-1.0, count=10, avg_score=-1.0)},
    },
}
SCRIPTS = [GOOD, BROKEN, HOSTILE]


def checkpoint(folder, config=CONFIG, scripts=SCRIPTS, **files):
    """Write a checkpoint; a file that is None is left out."""
    folder.mkdir(parents=True)
    files = {"setup": SETUP, "update": UPDATE, "setup_prompt": "Write double.\n", **files}
    files |= {f"record_{number}": source for number, source in enumerate(scripts)}
    for name, content in files.items():
        if content is not None:
            (folder / f"{name}.txt").write_bytes(
                content if isinstance(content, bytes) else content.encode()
            )
    text = config if isinstance(config, str) else json.dumps(config)
    (folder / "config.json").write_text(text)
    return folder


def contents(folder):
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return {**files, "config.json": json.loads(files["config.json"])}


class Double(lp.Module):
    entry_point = "double"

    def score(self, output, label):
        return float(output == label)


DATA = [((x,), 2 * x) for x in range(4)]


def test_a_checkpoint_can_be_called_exported_and_prompted_with(tmp_path):
    module = lp.Module.from_reference(checkpoint(tmp_path / "run" / "ckpt" / "17" / "double"))
    assert [policy.script.source for policy in module.population.policies] == SCRIPTS
    assert module.best.script.source == GOOD
    assert module(21) == 42
    module.close()
    assert module.export(tmp_path / "out.py").read_text() == GOOD
    messages = module.prompts.render_setup(setup_variables(module))
    assert [message.content for message in messages] == ["Expert.\n", "Write double().\n\n\n\n"]
    variables = update_variables(module, module.best, np.random.default_rng(0))
    assert GOOD in module.prompts.render_update(variables)[0].content
    with pytest.raises(NotImplementedError, match="must define score"):
        module.score(1, 1)


def test_records_and_priorities_are_as_saved(tmp_path):
    first, second, third = lp.Module.from_reference(checkpoint(tmp_path / "c")).population.policies
    tracker = first.trackers["main"]
    assert (tracker.past_priority, tracker.past_weight) == (0.93333, 60.0)
    assert (tracker.count, tracker.avg_score, tracker.weight) == (10, 1.0, 70.0)
    assert [first.priority, third.priority] == [0.942857, -1.0]
    assert second.priority == (0.1 + 0.2) - 0.5  # the sum over the named trackers
    assert list(second.trackers) == ["main", "infractions"]


def test_no_script_is_parsed_or_run(tmp_path, monkeypatch):
    folder = checkpoint(tmp_path / "c")

    def fail(*_, **__):
        raise AssertionError("parsed or run")

    monkeypatch.setattr("langprop.scripts.parsing.parse", fail)
    module = lp.Module.from_reference(folder)
    assert len({policy.id for policy in module.population.policies}) == 3
    assert "priority=0.942857" in repr(module.best)
    module.to_reference(tmp_path / "again")


def test_the_best_script_may_be_one_that_does_not_compile(tmp_path):
    config = {**CONFIG, "records": {"0": CONFIG["records"]["0"]}}
    module = lp.Module.from_reference(checkpoint(tmp_path / "c", config, [BROKEN]))
    with pytest.raises(PolicyError, match="SyntaxError"):
        module(1)
    module.close()


def test_a_round_trip_is_exact(tmp_path):
    config = {
        **CONFIG,
        "version": 3,  # of a newer one
        "records": {
            "2": {"main": {**numbers(0.5), "note": "kept"}},
            "0": {"main": numbers(0.7, None, 0, 0, math.nan)},  # a mean of nothing
            "1": {},  # never evaluated
            "3": {"main": numbers(1)},
        },
    }
    scripts = ["def double(x): pass\r\n", GOOD, "\ud800".encode("utf-8", "surrogatepass"), ""]
    folder = checkpoint(tmp_path / "a", config, scripts, setup="\n\n$import x\n\n", update="é")
    module = lp.Module.from_reference(folder)
    assert module.to_reference(tmp_path / "b") == tmp_path / "b"
    first, second = contents(folder), contents(tmp_path / "b")
    assert repr(first.pop("config.json")["records"]["0"]) == repr(
        second["config.json"]["records"]["0"]
    )  # NaN isn't equal to itself
    config["records"].pop("0")
    written = second.pop("config.json")
    written["records"].pop("0")
    assert written == config
    assert first == second
    again = lp.Module.from_reference(tmp_path / "b")
    assert [p.priority for p in again.population.policies] == [0.7, 0, 0.5, 1]


def test_without_the_rendered_prompt(tmp_path):
    module = lp.Module.from_reference(checkpoint(tmp_path / "c", setup_prompt=None))
    assert not (module.to_reference(tmp_path / "d") / "setup_prompt.txt").exists()


def test_training_goes_on(tmp_path):
    same = f"```python\n# the same program\n{GOOD}```"
    better = "```python\ndef double(x):\n    return 2 * x\n```"
    replies = iter([same, better])
    optimizer = lp.LLMOptimizer(lambda _: next(replies), n_parents=1, n_children=2, concurrency=1)
    module = Double.from_reference(checkpoint(tmp_path / "c"))
    trainer = lp.Trainer(optimizer, max_epochs=1, run_dir=tmp_path / "run", callbacks=[])
    best = trainer.fit(module, DATA)
    assert "return 2 * x" in best.script.source
    known = module.population.policies[0]
    assert known.script.source == GOOD
    # 70 samples of the past and 4 new ones: nothing of the checkpoint is lost
    assert known.priority == pytest.approx((0.942857 * 70 + 4) / 74)
    assert len(module.population) == 4  # the program that was known isn't there twice
    written = module.to_reference(tmp_path / "d", step=18)
    config = json.loads((written / "config.json").read_text())
    assert (config["step"], list(config["records"]["0"]["main"])) == (18, list(numbers(0)))
    assert (written / "record_0.txt").read_text() == best.script.source
    assert lp.load(tmp_path / "run")(4) == 8


def test_the_first_new_records_fold_the_saved_step_into_the_past(tmp_path):
    policy = lp.Module.from_reference(checkpoint(tmp_path / "c")).best
    policy.tell([])
    assert policy.trackers["main"].count == 10
    policy.tell([Record(sample=0, status="ok", score=0.0)])
    tracker = policy.trackers["main"]
    assert (tracker.count, tracker.avg_score, tracker.past_weight) == (1, 0.0, 70.0)
    assert policy.priority == pytest.approx(0.942857 * 70 / 71)
    policy.decay(0.5)
    assert tracker.past_weight == 35.5


def test_subclasses_and_their_arguments(tmp_path):
    folder = checkpoint(tmp_path / "c")

    class WithStub(lp.Module):
        stub = "def double(x: int) -> int:\n    ...\n"

        def __init__(self, scale, *, name):
            self.scale, self.name = scale, name  # forgets super().__init__()

    module = WithStub.from_reference(folder, 3, name="n")
    assert (type(module), module.scale, module.name) == (WithStub, 3, "n")

    class Other(Double):
        entry_point = "triple"

    with pytest.raises(CheckpointError, match=r"of 'double', but Other trains 'triple'"):
        Other.from_reference(folder)
    assert copy.deepcopy(Double.from_reference(folder).population).best.priority == 0.942857


def test_a_module_that_is_there_already(tmp_path):
    @lp.module
    def double(x: int) -> int:
        """Twice the number."""

    Reference.read(checkpoint(tmp_path / "c")).restore(double)
    assert (double.best.script.source, double(4)) == (GOOD, 8)
    double.close()


def test_untrained(tmp_path):
    empty = {**CONFIG, "records": {}}
    module = lp.Module.from_reference(checkpoint(tmp_path / "c", empty, []))
    with pytest.raises(ModuleError, match="isn't trained"):
        module(1)


def test_a_template_that_is_not_valid_is_no_reason_not_to_load(tmp_path):
    module = lp.Module.from_reference(checkpoint(tmp_path / "c", update="$begin\n1 2"))
    with pytest.raises(TemplateError, match=r"^update\.txt, line 2, in 1 2: "):
        module.prompts.update.render({})
    assert (module.to_reference(tmp_path / "d") / "update.txt").read_text() == "$begin\n1 2"


def test_one_of_several_functions(tmp_path):
    tag = tmp_path / "run" / "ckpt" / "5"
    checkpoint(tag / "double")
    assert lp.Module.from_reference(tag).entry_point == "double"
    checkpoint(tag / "triple", {**CONFIG, "name": "triple"})
    assert Double.from_reference(tag).entry_point == "double"
    with pytest.raises(CheckpointError, match=r"several functions: .* of one: double, triple"):
        lp.Module.from_reference(tag)
    with pytest.raises(CheckpointError, match=r"folders of its own: name one of them: ckpt/5"):
        lp.Module.from_reference(tmp_path / "run")
    with pytest.raises(CheckpointError, match=r"name one of them: 5"):
        lp.Module.from_reference(tmp_path / "run" / "ckpt")


def test_what_is_no_checkpoint(tmp_path):
    with pytest.raises(CheckpointError, match="no folder"):
        lp.Module.from_reference(tmp_path / "nope")
    with pytest.raises(CheckpointError, match=r"there is no config\.json in it"):
        lp.Module.from_reference(tmp_path)
    (tmp_path / "checkpoint.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"run of langprop: read it with langprop\.load"):
        lp.Module.from_reference(tmp_path)
    with pytest.raises(CheckpointError, match="is a file: name its folder"):
        lp.Module.from_reference(tmp_path / "checkpoint.json")


def changed(**changes):
    return {key: value for key, value in {**CONFIG, **changes}.items() if value is not None}


def tracker(**changes):
    kept = {k: v for k, v in {**numbers(0.5), **changes}.items() if v != "gone"}
    return changed(records={"0": {"main": kept}})


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("", r"config\.json is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[1]", "must hold an object, but holds list"),
        (changed(name=None), "has no 'name'"),
        (changed(name=3), "'name' must be a name, but is 3"),
        (changed(name="../x"), "'../x' is no name of a function"),
        (changed(step="3"), "'step' must be a whole number, but is '3'"),
        (changed(step=True), "'step' must be a whole number"),
        (changed(records=[1]), r"'records' must be an object, but is \[1\]"),
        (changed(records={"0": [], "1": {}}), r"record 0 must be an object, but is \[\]"),
        (changed(records={"0": {}, "2": {}}), "but 1 is missing; there are 0, 2"),
        (changed(records={"1": {}}), "but 0 is missing; there are 1"),
        (changed(records={"0": {}, "x": {}}), "but 1 is missing; there are 0, x"),
        (changed(records={"0": {"main": 3}}), "record 0, 'main' must be an object"),
        (tracker(priority="gone"), "record 0, 'main' has no 'priority'"),
        (tracker(priority="high"), "'priority' must be a number, but is 'high'"),
        (tracker(priority=None, count=1), "'priority' must be a number, but is None"),
        (tracker(priority=math.inf), "'priority' must be a number, but is inf"),
        (tracker(priority=10**400), "'priority' must be a number, but is 1000"),
        (tracker(count=1, avg_score=math.nan), "'avg_score' must be a number, but is nan"),
        (tracker(past_weight=-1), "'past_weight' can't be negative, but is -1"),
        (tracker(count=1.5), "'count' must be whole, but is 1.5"),
        (tracker(count=False), "'count' must be a number, but is False"),
        (changed(records={str(number): {} for number in range(4)}), r"record_3\.txt is missing"),
    ],
)
def test_configs_that_are_refused(tmp_path, config, says):
    folder = checkpoint(tmp_path / "c", config)
    with pytest.raises(CheckpointError, match=says) as caught:
        lp.Module.from_reference(folder)
    assert len(str(caught.value)) < 400 + len(str(folder))


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"setup": None}, r"setup\.txt is missing"),
        ({"update": None}, r"update\.txt is missing"),
        ({"scripts": [GOOD]}, r"record_1\.txt is missing"),
        ({"scripts": [GOOD, b"x = '\xe9'", GOOD]}, r"record_1\.txt isn't UTF-8 \(byte 5\)"),
        ({"update": b"\xff\xfe"}, r"update\.txt isn't UTF-8"),
    ],
)
def test_files_that_are_refused(tmp_path, files, says):
    with pytest.raises(CheckpointError, match=says):
        lp.Module.from_reference(checkpoint(tmp_path / "c", **files))


def test_records_that_are_no_files(tmp_path):
    folder = checkpoint(tmp_path / "c", scripts=[GOOD])
    (folder / "record_1.txt").mkdir()
    with pytest.raises(CheckpointError, match=r"record_1\.txt can't be read: Is a directory"):
        lp.Module.from_reference(folder)


def test_an_old_folder_is_replaced_in_one_piece(tmp_path, monkeypatch):
    module = Double.from_reference(checkpoint(tmp_path / "c"))
    old = checkpoint(tmp_path / "old", {**CONFIG, "step": 3}, [GOOD] * 3)
    (old / "record_9.txt").write_text("of a larger one")
    for exchange in (True, False):
        if not exchange:  # as on a file system that can't exchange folders
            monkeypatch.setattr(reference_folder, "_exchange", lambda *_: False)
        module.to_reference(old)
        assert contents(old) == contents(tmp_path / "c")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["c", "old"]


WRITER = """
import sys
import langprop as lp
one, other = (lp.Module.from_reference(folder) for folder in sys.argv[1:3])
while True:
    one.to_reference(sys.argv[3])
    other.to_reference(sys.argv[3])
    print(flush=True)
"""


def test_a_killed_writer_leaves_a_whole_folder(tmp_path):
    one = checkpoint(tmp_path / "one")
    other = checkpoint(tmp_path / "other", {**CONFIG, "step": 3, "records": {}}, [])
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, one, other, tmp_path / "out"], stdout=subprocess.PIPE
        ) as process:
            for _ in range(5):
                process.stdout.readline()
            process.kill()
        assert contents(tmp_path / "out") in (contents(one), contents(other))


@pytest.mark.parametrize("exchange", [True, False])
def test_a_full_disk_leaves_the_old_folder(tmp_path, monkeypatch, exchange):
    module = Double.from_reference(checkpoint(tmp_path / "c"))
    old = checkpoint(tmp_path / "old", {**CONFIG, "step": 3})
    before = contents(old)
    write, rename = Path.write_bytes, Path.rename

    def full(path, data):
        if path.name == "update.txt":
            write(path, data[:3])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return write(path, data)

    def refused(path, target):
        if Path(target).name == "old" and not path.name.endswith(".old"):
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return rename(path, target)

    if exchange:
        monkeypatch.setattr(Path, "write_bytes", full)
    else:
        monkeypatch.setattr(reference_folder, "_exchange", lambda *_: False)
        monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(CheckpointError, match=r"old can't be written: .* is intact"):
        module.to_reference(old)
    assert contents(old) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c", "old"]


def test_other_files_are_never_lost(tmp_path):
    module = Double.from_reference(checkpoint(tmp_path / "c"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("x")
    with pytest.raises(CheckpointError, match=r"'thesis\.tex'.* would be lost: name another"):
        module.to_reference(tmp_path / "mine")
    (tmp_path / "link").symlink_to("c")
    (tmp_path / "file").write_text("")
    for name in ("link", "file", "file/inner"):
        with pytest.raises(CheckpointError):
            module.to_reference(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c", "file", "link", "mine"]


def test_a_module_of_ours_is_written_with_short_templates(tmp_path):
    class Stubbed(Double):
        stub = 'def double(x: int) -> int:\n    """Twice {{ x }}.\n\n%% SYSTEM\n# no comment\n"""\n'
        prompts = lp.Prompts("{{ function_name }}")  # in Jinja

    module = Stubbed()
    module.population.add([lp.Script("def double(x): return x", "double")])
    module.population.add([lp.Script("def double(x): return 2 * x", "double")])
    worse, better = module.population.policies
    worse.tell([Record(sample=0, status="ok", score=0.0, args=(3,), output=3, label=6)])
    better.tell([Record(sample=0, status="ok", score=1.0, args=(3,), output=6, label=6)])
    read = lp.Module.from_reference(module.to_reference(tmp_path / "d"))
    assert read.best.script.source == "def double(x): return 2 * x"
    assert [policy.priority for policy in read.population.policies] == [1.0, 0.0]
    variables = update_variables(module, worse, np.random.default_rng(0))
    for prompts, values in (("setup", setup_variables(module)), ("update", variables)):
        system, user = NativeTemplate.load(tmp_path / "d" / f"{prompts}.txt").render(values)
        assert (system.role, user.role) == ("system", "user")
        assert '"""Twice {{ x }}.\n\n %% SYSTEM\n# no comment\n"""\n```\n\n' in user.content
    assert "The answer: 3\n" in user.content


@pytest.mark.parametrize("nothing", [math.nan, None])
def test_a_script_that_was_never_judged_has_no_means(tmp_path, nothing):
    records = {"0": CONFIG["records"]["0"], "1": {"main": numbers(nothing, nothing, 0, 0, nothing)}}
    folder = checkpoint(tmp_path / "c", {**CONFIG, "records": records}, SCRIPTS[:2])
    module = Double.from_reference(folder)
    assert [policy.priority for policy in module.population.policies] == [0.942857, 0.0]
    lp.Trainer(
        lambda _: f"```python\n{GOOD}```", max_steps=1, run_dir=tmp_path / "run", callbacks=[]
    ).fit(module, DATA)
    assert module(4) == 8
