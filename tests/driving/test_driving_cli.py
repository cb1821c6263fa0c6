"""`langprop driving collect` and `langprop driving fit`, as users call them."""

import dataclasses
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from langprop.cli import driving_collect, driving_fit
from langprop.cli.main import main
from langprop.driving.agents.drivers import Driver
from langprop.driving.frames.collect import Collection, collect
from langprop.driving.frames.dataset import Frames
from langprop.driving.maps.suites import suite
from langprop.driving.task import Hazards, RouteTask, Traffic
from langprop.errors import CheckpointError, ConfigError, DataError, ModuleError, TownError
from langprop.testing.straight_road import StraightRoad

START = """\
import math


def predict_speed_and_steering(scene_info: dict) -> tuple[str, float]:
    here = scene_info["ego_location_world_coord"]
    heading = scene_info["ego_orientation_unit_vector"]
    to = scene_info["ego_target_location_world_coord"] - here
    angle = math.degrees(math.atan2(heading[0] * to[1] - heading[1] * to[0], heading @ to))
    if scene_info["ego_forward_speed"] > 4.5:
        return "SLOW", angle + 0.0
    return "MOVE", angle + 0.0
"""

FAST = """\
optimizer:
  class_path: langprop.MutationOptimizer
  init_args: {n_parents: 2, n_children: 2, capacity: 3}
batch_size: 32
workers: 1
progress: false
max_epochs: null
"""


@pytest.fixture(scope="module")
def routes(tmp_path_factory):
    """A suite of two routes of 40 m with little traffic."""
    tasks = [
        dataclasses.replace(
            task,
            name=f"short/{number}",
            edges=task.edges[:1],
            traffic=Traffic(cars=4, bicycles=1, pedestrians=4),
            hazards=Hazards(0.0, 0.0),
        ).to_dict()
        for number, task in enumerate(suite("tiny"))
    ]
    path = tmp_path_factory.mktemp("suite") / "short.json"
    path.write_text(json.dumps(tasks))
    return path


@pytest.fixture(scope="module")
def data(routes, tmp_path_factory):
    """What the expert did on them."""
    folder = tmp_path_factory.mktemp("data") / "expert"
    assert driving_collect.run(["--suite", str(routes), "--out", str(folder), "--quiet"]) == 0
    return folder


@pytest.fixture
def start(tmp_path):
    path = tmp_path / "start.py"
    path.write_text(START)
    return path


def configured(folder, text):
    path = folder / "config.yaml"
    path.write_text(FAST + text)
    return str(path)


def test_collect_stores_what_the_expert_did(data):
    frames = Frames(data)
    assert [drive["task"] for drive in frames.drives] == ["short/0", "short/1"]
    assert all(drive["ended"] == "ROUTE_COMPLETION" for drive in frames.drives)
    assert all(drive["frames"] == (drive["ticks"] + 9) // 10 for drive in frames.drives)
    assert all(each.agrees and each.expert_speed is not None for each in frames)
    assert frames.about["policy"] == "expert"
    assert frames.about["lookahead"] == 4


def test_a_collection_that_was_broken_off_goes_on(routes, data, tmp_path, capsys):
    out = tmp_path / "part"
    call = ["--suite", str(routes), "--out", str(out)]
    assert driving_collect.run([*call, "--limit", "1"]) == 0
    with pytest.raises(DataError, match=r"holds a dataset already.*--resume"):
        driving_collect.run(call)
    assert driving_collect.run([*call, "--resume"]) == 0
    assert Frames(out).digest() == Frames(data).digest()
    told = capsys.readouterr()
    assert "1/1  short/0  seed 0" in told.err
    assert "2/2  short/1  seed 0" in told.err
    assert "frames of 2 drives" in told.out
    with pytest.raises(DataError, match=r"another every \(10, now 5\)"):
        driving_collect.run([*call, "--resume", "--every", "5"])


def test_a_collection_doesnt_go_on_with_another_definition_of_its_routes(tmp_path):
    first = RouteTask("road/0", "straight", ("road",))
    other = dataclasses.replace(first, name="road/1")
    changed = dataclasses.replace(first, traffic=Traffic(cars=3), end=20.0)

    def go_on(*tasks, seeds=(0,)):
        road = functools.partial(StraightRoad, 32.0)
        collection = Collection(tasks, seeds, Driver("expert", ""), simulator=road)
        return collect(collection, tmp_path / "frames", {}, resume=True)

    go_on(first)
    index = (tmp_path / "frames" / "dataset.json").read_bytes()
    for seeds in ((0,), (1,)):
        with pytest.raises(DataError, match=r"another route 'road/0' \(other traffic, end\)"):
            go_on(changed, other, seeds=seeds)
    assert (tmp_path / "frames" / "dataset.json").read_bytes() == index
    assert [drive["task"] for drive in go_on(first, other).drives] == ["road/0", "road/1"]


def test_a_script_may_be_called_expert_and_what_it_is_shown_is_kept(routes, tmp_path, capsys):
    script = tmp_path / "expert.py"
    script.write_text(START)
    call = ["--suite", str(routes), "--limit", "1", "--quiet", "--policy", str(script)]
    call = ["driving", "collect", *call, "--out", str(tmp_path / "frames")]
    assert main(call) == 0
    assert Frames(tmp_path / "frames").about["extents"] == "full"
    assert main([*call, "--resume", "--extents", "half", "--no-stop-memory"]) == 1
    assert "another extents ('full', now 'half')" in capsys.readouterr().err


@pytest.mark.slow
def test_side_by_side_gives_the_same(routes, data, tmp_path):
    out = tmp_path / "both"
    call = ["--suite", str(routes), "--out", str(out), "--jobs", "2", "--quiet"]
    assert driving_collect.run(call) == 0
    assert Frames(out).digest() == Frames(data).digest()


def test_a_policy_may_drive_and_its_failures_are_kept(routes, tmp_path):
    failing = tmp_path / "failing.py"
    failing.write_text(START.replace("> 4.5", "> 4.5 / (scene_info['ego_forward_speed'] < 3)"))
    out = tmp_path / "driven"
    call = ["--suite", str(routes), "--limit", "1", "--out", str(out), "--quiet"]
    assert driving_collect.run([*call, "--policy", str(failing)]) == 0
    frames = Frames(out)
    failed = [each for each in frames if each.failure]
    assert failed
    assert "ZeroDivisionError" in failed[0].failure
    assert frames.about["extents"] == "full"
    assert "predict_speed_and_steering" in frames.about["script"]


def test_a_drive_that_is_made_a_second_time_is_told(tmp_path, capsys):
    road = functools.partial(StraightRoad, 32.0, breaks_on="road/1", once=tmp_path / "broke")
    tasks = [RouteTask(f"road/{number}", "straight", ("road",)) for number in range(2)]
    collection = Collection(tasks, [0], Driver("expert", ""), simulator=road)
    frames = collect(collection, tmp_path / "frames", {}, on_ride=driving_collect.tell)
    why = "the simulator broke, as it was told to."
    assert [drive.get("repeated") for drive in frames.drives] == [None, why]
    assert [drive["ended"] for drive in frames.drives] == ["ROUTE_COMPLETION"] * 2
    first, second = capsys.readouterr().err.splitlines()
    assert "second time" not in first
    assert second.endswith(f"; driven a second time: {why}")


@pytest.mark.slow
def test_ctrl_c_keeps_whole_drives(routes, tmp_path):
    out = tmp_path / "many"
    code = "import sys; from langprop.cli.driving_collect import run; run(sys.argv[1:])"
    call = ["--suite", str(routes), "--out", str(out), "--jobs", "2", "--seeds", "200"]
    with subprocess.Popen(
        [sys.executable, "-c", code, *call],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        assert "1/400" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode != 0
    frames = Frames(out)
    assert len(frames.drives) >= 1
    assert all(frames)


@pytest.mark.parametrize("command", ["evaluate", "collect"])
def test_a_route_that_leads_nowhere_is_told_before_the_first_drive(
    command, routes, tmp_path, capsys
):
    tasks = json.loads(routes.read_text())
    tasks[1]["edges"] = ["nowhere"]
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(tasks))
    policy = ["expert"] if command == "evaluate" else ["--out", str(tmp_path / "frames")]
    assert main(["driving", command, *policy, "--suite", str(bad)]) == 1
    told = capsys.readouterr()
    assert "route 'short/1'" in told.err
    assert "'nowhere'" in told.err
    assert told.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bad.json"]


def test_ctrl_c_keeps_what_was_evaluated(routes, tmp_path):
    out = tmp_path / "scores.json"
    code = "import sys; from langprop.cli.main import main; sys.exit(main(sys.argv[1:]))"
    call = ["driving", "evaluate", "follower", "--suite", str(routes), "--seeds", "200"]
    with subprocess.Popen(
        [sys.executable, "-c", code, *call, "--jobs", "1", "--json", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        assert "1/400" in process.stderr.readline()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        told, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.endswith("langprop: interrupted\n")
    assert "Traceback" not in errors
    found = json.loads(out.read_text())
    assert not found["complete"]
    assert found["drives"][0]["ended"] == "ROUTE_COMPLETION"
    assert f"INCOMPLETE: broken off after {len(found['drives'])} of 400 drives" in told
    assert "follower" in told


@pytest.mark.parametrize(
    ("name", "told"), [("", "is a folder: name a file"), ("x/y.json", "there is no folder")]
)
def test_where_scores_cant_be_written_nothing_is_driven(name, told, tmp_path, capsys):
    out = tmp_path / name
    assert main(["driving", "evaluate", "expert", "--suite", "tiny", "--json", str(out)]) == 1
    said = capsys.readouterr()
    assert told in said.err
    assert said.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def _in_session(number):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == number and fields[0] != "Z":
            found.append(stat.parent.name)
    return found


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (["--seeds", "0"], "--seeds must be at least 1"),
        (["--every", "0"], "--every must be at least 1"),
        (["--lookahead", "-1"], "--lookahead must be at least 0"),
        (["--first-seed", "-1"], "--first-seed must not be negative"),
    ],
)
def test_bad_numbers_are_told(call, told, tmp_path, capsys):
    with pytest.raises(SystemExit):
        driving_collect.run(["--out", str(tmp_path / "x"), *call])
    assert told in capsys.readouterr().err


def test_unknown_names_are_told(tmp_path):
    with pytest.raises(TownError, match="no suite 'nowhere'"):
        driving_collect.run(["--out", str(tmp_path / "x"), "--suite", "nowhere"])
    with pytest.raises(ConfigError, match="no policy 'nobody'"):
        driving_collect.run(["--out", str(tmp_path / "x"), "--policy", "nobody"])
    assert not (tmp_path / "x").exists()


BAD = {
    "colon": (START.replace("-> tuple[str, float]:", "-> tuple"), "SyntaxError"),
    "name": (START.replace("predict_", "foretell_"), "it defines foretell_speed_and_steering"),
    "package": (f"\nimport nowhere\n{START}", "line 2\n      import nowhere\n"),
}


@pytest.fixture
def bad(tmp_path):
    """Scripts that can't be loaded."""
    for name, (source, _) in BAD.items():
        (tmp_path / f"{name}.py").write_text(source)
    return [str(tmp_path / f"{name}.py") for name in BAD]


def test_scripts_that_cant_be_loaded_are_told_before_the_first_drive(bad, start, capsys):
    call = ["driving", "evaluate", str(start), "expert", *bad, "--suite", "tiny", "--jobs", "1"]
    assert main(call) == 1
    told = capsys.readouterr()
    for path, (_, reason) in zip(bad, BAD.values(), strict=True):
        assert f"{path}) can't drive, since its script can't be loaded:\n" in told.err
        assert reason in told.err
    assert f"{start})" not in told.err
    assert "Nothing was driven" in told.err
    assert "1/10" not in told.err
    assert told.out == ""


def test_without_libsumo_nothing_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "libsumo", None)
    assert main(["driving", "collect", "--suite", "tiny", "--out", str(tmp_path / "x" / "y")]) == 1
    assert "pip install 'langprop[driving]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["collect", "render"])
def test_nothing_is_written_by_a_script_that_cant_be_loaded(command, bad, tmp_path, capsys):
    out = tmp_path / "out.gif"
    policy = [bad[2]] if command == "render" else ["--policy", bad[2]]
    assert main(["driving", command, *policy, "--suite", "tiny", "--out", str(out)]) == 1
    assert "line 2\n      import nowhere\n" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("name", "told"), [("colon", "line 4"), ("name", "no function"), ("package", "line 2")]
)
def test_training_doesnt_start_from_what_cant_be_loaded(name, told, bad, tmp_path, capsys):
    text = f"suite: tiny\npolicy: {{start: {name}.py}}\nrun_dir: {tmp_path / 'run'}\n"
    assert main(["driving", "fit", configured(tmp_path, text)]) == 1
    said = capsys.readouterr().err
    assert str(tmp_path / f"{name}.py") in said
    assert told in said
    assert not (tmp_path / "run").exists()


def test_fit_offline(data, start, tmp_path, capsys):
    text = f"driven: false\ndata: {data}\npolicy: {{start: start.py, reinforce: false}}\n"
    config = configured(tmp_path, text + f"run_dir: {tmp_path / 'run'}\nmax_steps: 3\n")
    assert driving_fit.run([config]) == 0
    told = capsys.readouterr().out
    assert f"best policy: {tmp_path / 'run' / 'best.py'}" in told
    assert f"look at it with:  langprop show {tmp_path / 'run'}" in told
    assert "def predict_speed_and_steering" not in told  # a hundred lines that hide the rest
    kept = yaml.safe_load((tmp_path / "run" / "driving.yaml").read_text())
    assert kept["policy"]["start"] == str(start)
    assert kept["policy"]["extents"] == "full"
    assert (tmp_path / "run" / "best.py").exists()
    assert not (tmp_path / "run" / "frames").exists()


def test_what_a_model_would_be_asked(data, start, tmp_path, capsys):
    text = f"driven: false\ndata: {data}\npolicy: {{start: start.py}}\nmax_steps: 1\n"
    config = configured(tmp_path, text + f"run_dir: {tmp_path / 'run'}\n")
    assert driving_fit.run([config]) == 0
    for target in (config, str(tmp_path / "run")):
        capsys.readouterr()
        assert main(["prompt", target]) == 0
        shown = capsys.readouterr()
        assert "judged on 8 samples" in shown.err
        assert "- The expert: " in shown.out  # as the templates of driving have it
    (tmp_path / "gone.yaml").write_text("driven: false\ndata: nowhere\n")
    assert main(["prompt", str(tmp_path / "gone.yaml"), "--name=setup"]) == 0
    assert "nowhere holds no dataset.json" in capsys.readouterr().err


def test_without_a_folder_the_policy_is_printed(data, start, tmp_path, capsys):
    text = f"driven: false\ndata: {data}\npolicy: {{start: start.py}}\nrun_dir: false\n"
    assert driving_fit.run([configured(tmp_path, text), "--max_steps", "1"]) == 0
    assert "def predict_speed_and_steering" in capsys.readouterr().out


def test_a_run_that_has_reached_its_limit_says_so(data, start, tmp_path, capsys):
    text = f"driven: false\ndata: {data}\npolicy: {{start: start.py}}\nmax_steps: 2\n"
    run = tmp_path / "run"
    assert driving_fit.run([configured(tmp_path, f"{text}run_dir: {run}\n")]) == 0
    assert "No step was taken" not in capsys.readouterr().out
    assert driving_fit.run([f"--resume={run}"]) == 0
    told = capsys.readouterr().out
    assert "No step was taken: the run has 2 already, and ended with max_steps=2." in told
    assert "raise that:  --max_steps 12" in told
    assert driving_fit.run(["--resume", str(run), "--max_steps", "3"]) == 0
    assert "No step was taken" not in capsys.readouterr().out


def test_what_a_policy_is_judged_by_is_compared(data, start, tmp_path, capsys):
    text = f"driven: false\ndata: {data}\npolicy: {{start: start.py}}\nmax_steps: 1\n"
    run = tmp_path / "run"
    assert main(["driving", "fit", configured(tmp_path, f"{text}run_dir: {run}\n")]) == 0
    again = ["driving", "fit", f"--resume={run}", "--max_steps=2"]
    for name, other in (("labels", "levels"), ("blame", "all"), ("infraction_penalty", "1")):
        assert main([*again, f"--policy.{name}={other}"]) == 1
        assert f"begun with something else: the module's {name} changed" in capsys.readouterr().err
    assert main([*again, "--policy.labels=levels", "--force"]) == 0


def test_a_suite_is_found_beside_the_settings_and_again_from_anywhere(
    routes, start, tmp_path, monkeypatch
):
    shutil.copy(routes, tmp_path / "own.json")
    text = "suite: own.json\nlimit: 1\npolicy: {start: start.py}\ndrives: {update_every: 12}\n"
    config, run = configured(tmp_path, text + "max_steps: 1\n"), tmp_path / "run"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["driving", "fit", config, f"--run_dir={run}"]) == 0
    kept = yaml.safe_load((run / "driving.yaml").read_text())
    assert kept["suite"] == str(tmp_path / "own.json")
    monkeypatch.chdir(run)
    assert main(["driving", "fit", f"--resume={run}", "--max_steps=1"]) == 0


INTERRUPT = """import langprop as lp


class Interrupt(lp.Callback):
    def on_train_batch_end(self, trainer, module):
        raise KeyboardInterrupt
"""


def test_what_was_raised_stands_in_the_command_to_go_on(data, start, tmp_path, capsys, monkeypatch):
    (tmp_path / "interrupt_of_a_step.py").write_text(INTERRUPT)
    monkeypatch.syspath_prepend(tmp_path)
    text = f"driven: false\ndata: {data}\npolicy: {{start: start.py}}\nmax_steps: 2\n"
    text += "callbacks: [{class_path: interrupt_of_a_step.Interrupt}]\ntest: tiny\n"
    run = tmp_path / "my run"
    assert driving_fit.run([configured(tmp_path, f"{text}run_dir: {run}\n")]) == 130
    assert f"go on with:  langprop driving fit --resume '{run}'\n" in capsys.readouterr().out
    assert yaml.safe_load((run / "driving.yaml").read_text())["test"] == "tiny"
    assert driving_fit.run(["--resume", str(run), "--max_steps", "5", "--force"]) == 130
    told = capsys.readouterr().out
    assert f"go on with:  langprop driving fit --resume '{run}' --max_steps 5\n" in told


def test_fit_while_driving_and_go_on(routes, start, tmp_path, capsys):
    text = f"suite: {routes}\npolicy: {{start: start.py}}\ndrives: {{update_every: 12}}\n"
    config = configured(tmp_path, text + f"run_dir: {tmp_path / 'run'}\n")
    assert driving_fit.run([config, "--max_steps", "1"]) == 0
    assert driving_fit.run(["--resume", str(tmp_path / "run"), "--max_steps", "2"]) == 0
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2]
    assert len(Frames(tmp_path / "run" / "frames")) >= 12
    capsys.readouterr()
    assert main(["prompt", str(tmp_path / "run")]) == 0  # of what it met
    assert "judged on 8 samples" in capsys.readouterr().err


@pytest.mark.slow
def test_the_trained_policy_drives_at_the_end(routes, data, start, tmp_path, capsys):
    text = f"driven: false\ndata: {data}\npolicy: {{start: start.py}}\ntest: {routes}\n"
    config = configured(tmp_path, text + f"run_dir: {tmp_path / 'run'}\nmax_steps: 1\n")
    assert driving_fit.run([config, "--test_seeds", "1", "--jobs", "1"]) == 0
    told = capsys.readouterr().out
    assert "trained" in told
    assert "driving score" in told
    assert (tmp_path / "run" / "test.txt").read_text().strip() in told


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("driven: false\n", ConfigError, "nothing to train on"),
        ("data: nowhere\n", DataError, "holds no dataset.json"),
        ("policy: {start: nowhere.py}\n", ModuleError, "can't be read"),
        ("policy: {infraction_penalty: -1}\n", ModuleError, "infraction_penalty must be 0 or more"),
        ("suite: nowhere\n", TownError, "no suite 'nowhere'"),
        ("test: tests\n", TownError, "no suite 'tests'. Did you mean 'testing'"),
        ("limit: 0\n", ConfigError, "limit must be at least 1"),
        ("drives: {update_every: 0}\n", ConfigError, "update_every must be at least 1"),
        ("drives: {data_share: 2}\n", ConfigError, "data_share"),
        ("prompts: nowhere\n", Exception, "no folder"),
    ],
)
def test_settings_that_cant_work_are_told(text, error, told, tmp_path):
    with pytest.raises(error, match=told):
        driving_fit.run([configured(tmp_path, text + "run_dir: false\n")])


@pytest.mark.parametrize("name", ["suite", "test"])
def test_a_route_that_leads_nowhere_isnt_trained_or_tested_on(
    name, routes, start, tmp_path, capsys
):
    tasks = json.loads(routes.read_text())
    tasks[1]["edges"] = ["nowhere"]
    (tmp_path / "bad.json").write_text(json.dumps(tasks))
    text = f"suite: {routes}\npolicy: {{start: start.py}}\nrun_dir: {tmp_path / 'run'}\n"
    assert main(["driving", "fit", configured(tmp_path, text), f"--{name}=bad.json"]) == 1
    told = capsys.readouterr()
    assert "route 'short/1'" in told.err
    assert not (tmp_path / "run").exists()


def test_unknown_settings_are_told(tmp_path, capsys):
    with pytest.raises(SystemExit):
        driving_fit.run([configured(tmp_path, "drives: {update_evry: 5}\n")])
    assert "update_evry" in capsys.readouterr().err


def test_nothing_is_trained_by_accident(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"langprop driving fit CONFIG"):
        driving_fit.run([])
    assert not list(tmp_path.iterdir())


def test_what_isnt_there_cant_be_resumed(tmp_path):
    with pytest.raises((ConfigError, CheckpointError), match="langprop driving fit"):
        driving_fit.run(["--resume", str(tmp_path / "run")])
    with pytest.raises(ConfigError, match="is a folder"):
        driving_fit.run([str(tmp_path)])


@pytest.mark.slow
def test_ctrl_c_while_driving_saves_and_the_run_goes_on(routes, start, tmp_path):
    text = f"suite: {routes}\npolicy: {{start: start.py}}\ndrives: {{update_every: 12}}\n"
    config = configured(tmp_path, text + f"run_dir: {tmp_path / 'run'}\n")
    code = "import sys; from langprop.cli.driving_fit import run; sys.exit(run(sys.argv[1:]))"
    with subprocess.Popen(
        [sys.executable, "-c", code, config],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / "run" / "metrics.jsonl").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: all of them get it
        told, _ = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert f"go on with:  langprop driving fit --resume {tmp_path / 'run'}" in told
    while _in_session(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _in_session(process.pid) == []
    steps = json.loads((tmp_path / "run" / "checkpoint.json").read_text())["step"]
    assert driving_fit.run(["--resume", str(tmp_path / "run"), "--max_steps", str(steps + 1)]) == 0


@pytest.mark.parametrize(
    "name",
    [
        "offline",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("dagger", "dagger_rl", "online")),
    ],
)
def test_a_step_of_each_example(name, routes, data, tmp_path, capsys):
    config = Path(__file__).parents[2] / "examples" / "driving" / f"{name}.yaml"
    call = ["--run_dir", str(tmp_path / "run"), "--max_steps", "1", "--test", "null"]
    call += ["--batch_size", "16", "--progress", "false"]
    if name != "online":
        call += ["--data", str(data)]
    if name != "offline":
        call += ["--suite", str(routes), "--drives.update_every", "10"]
    assert driving_fit.run([str(config), *call]) == 0
    assert f"best policy: {tmp_path / 'run' / 'best.py'}" in capsys.readouterr().out
    kept = yaml.safe_load((tmp_path / "run" / "driving.yaml").read_text())
    assert kept["policy"]["reinforce"] == (name in ("dagger_rl", "online"))
    assert (tmp_path / "run" / "frames").exists() == (name != "offline")
