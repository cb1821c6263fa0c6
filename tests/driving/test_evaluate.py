"""Evaluations: policies side by side, in processes that may die."""

from __future__ import annotations

import functools
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from langprop.cli.driving_evaluate import _tell
from langprop.cli.main import main
from langprop.driving.agents.drivers import Driver, read_driver, read_drivers
from langprop.driving.box import Box, Pose
from langprop.driving.judging.bootstrap import estimate
from langprop.driving.judging.evaluate import evaluate
from langprop.driving.judging.table import table
from langprop.driving.task import RouteTask
from langprop.errors import CheckpointError, ConfigError, SimulatorError
from langprop.testing.straight_road import Extra, StraightRoad

TASKS = [RouteTask(f"road/{number}", "straight", ("road",)) for number in range(3)]
WALKER = Extra(Box(Pose(18.0, -4.0, math.pi / 2), 0.25, 0.25, 1.5, "pedestrian"), 2.5)
ROAD = functools.partial(StraightRoad, 32.0, [WALKER], signs=[22.0])
HANDWRITTEN = Path(__file__).parents[2] / "examples/driving/policies/handwritten.py"


def test_policies_are_compared_and_the_number_of_processes_changes_nothing() -> None:
    drivers = read_drivers(["expert", "follower", f"by hand={HANDWRITTEN}"])
    told = []
    one = evaluate(
        drivers,
        TASKS[:2],
        [0, 5],
        simulator=ROAD,
        jobs=1,
        on_drive=lambda *about: told.append(about),
    )
    two = evaluate(drivers, TASKS[:2], [0, 5], simulator=ROAD, jobs=2)
    assert one == two
    assert len(one.drives) == 12
    assert [about[1:] for about in told] == [(number, 12) for number in range(1, 13)]
    scores = {name: one.summary(name, "strict") for name in one.drivers}
    assert list(scores) == ["expert", "follower", "by hand"]
    assert scores["expert"] is not None
    assert scores["expert"].driving == 100
    assert scores["follower"] is not None
    assert scores["follower"].driving == pytest.approx(40)
    gain = one.difference("follower", "driving", "strict")
    assert gain is not None
    assert gain.value == pytest.approx(-60)
    text = table(one)
    assert "routes: 2 routes × 2 seeds" in text
    assert "100.0 [100.0, 100.0]" in text
    assert "driving score − expert's" in text
    json.dumps(one.to_dict(), allow_nan=False)


def test_the_expert_may_have_any_name_and_several() -> None:
    drivers = read_drivers(["careful=expert", "expert", "expert"])
    found = evaluate(drivers, TASKS[:1], [0], simulator=ROAD, jobs=1)
    assert found.drivers == ("careful", "expert", "expert (2)")
    for name in found.drivers:
        summary = found.summary(name, "strict")
        assert summary is not None
        assert summary.driving == 100


def test_a_script_is_loaded_in_another_process_even_without_isolation() -> None:
    drivers = [Driver("told", "import os\nraise RuntimeError(f'in {os.getpid()}.')")]
    with pytest.raises(ConfigError, match=r"told can't drive.*\n  line 2\n") as caught:
        evaluate(drivers, TASKS, [0], simulator=ROAD, jobs=1, isolation="none")
    assert f"in {os.getpid()}." not in str(caught.value)


def test_a_simulator_that_dies_once_is_given_a_second_chance(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    road = functools.partial(ROAD, dies_on="road/1", once=tmp_path / "died")
    drivers = read_drivers(["expert"])
    found = evaluate(drivers, TASKS, [0], simulator=road, jobs=2, on_drive=_tell)
    assert (tmp_path / "died").exists()
    assert [each.task for each in found.drives] == ["road/0", "road/1", "road/2"]
    assert found.failures == ()
    why = "the process of the simulator was killed by SIGKILL"
    assert [each["repeated"] for each in found.to_dict()["drives"]] == ["", why, ""]
    assert f"- driven a second time: expert on road/1, seed 0: {why}" in table(found)
    [line] = [line for line in capsys.readouterr().err.splitlines() if why in line]
    assert "expert  road/1  seed 0: " in line
    assert line.endswith(f"; driven a second time: {why}")


def test_a_process_that_had_nothing_left_to_do_takes_over_from_one_that_dies(
    tmp_path: Path,
) -> None:
    done = tmp_path / "done"
    road = functools.partial(ROAD, dies_on="road/0", once=tmp_path / "died", after=done)
    found = evaluate(
        read_drivers(["expert"]),
        TASKS[:2],
        [0],
        simulator=road,
        jobs=2,
        on_drive=lambda *_: done.touch(),
    )
    assert [each.task for each in found.drives] == ["road/0", "road/1"]


def test_a_simulator_that_dies_twice_is_a_failure_and_the_others_go_on() -> None:
    road = functools.partial(ROAD, dies_on="road/1", breaks_on="road/2")
    found = evaluate(read_drivers(["expert"]), TASKS, [0], simulator=road, jobs=1)
    assert [each.task for each in found.drives] == ["road/0"]
    assert [each.task for each in found.failures] == ["road/1", "road/2"]
    assert "killed by SIGKILL" in found.failures[0].error
    assert "the simulator broke" in found.failures[1].error
    assert "no result: expert on road/1, seed 0, two times" in table(found)
    summary = found.summary("expert", "strict")
    assert summary is not None
    assert summary.n == 1


def test_a_policy_of_which_no_drive_was_made_has_no_figures() -> None:
    road = functools.partial(ROAD, dies_on="road/0")
    found = evaluate(read_drivers(["expert", "follower"]), TASKS[:1], [0], simulator=road, jobs=1)
    assert found.drives == ()
    assert "-" in table(found)
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_simulator_that_never_works_is_an_error() -> None:
    road = functools.partial(ROAD, breaks_on="road/0")
    with pytest.raises(SimulatorError, match="the simulator broke"):
        evaluate(read_drivers(["expert"]), TASKS, [0], simulator=road, jobs=1)


@pytest.mark.parametrize(
    ("drivers", "tasks", "seeds"),
    [([], TASKS, [0]), (["expert"], [], [0]), (["expert"], TASKS, [])],
)
def test_nothing_to_do_is_an_error(
    drivers: list[str], tasks: list[RouteTask], seeds: list[int]
) -> None:
    with pytest.raises(ConfigError, match="got none"):
        evaluate([Driver(name) for name in drivers], tasks, seeds, simulator=ROAD)
    with pytest.raises(ConfigError, match="twice"):
        evaluate([Driver("expert")], TASKS, [1, 1], simulator=ROAD)


INTERRUPTED = """
import functools, sys
from langprop.driving.agents.drivers import read_drivers
from langprop.driving.judging.evaluate import evaluate
from langprop.driving.task import RouteTask
from langprop.testing.straight_road import StraightRoad

def told(result, number, total):
    print("driven", flush=True)

if __name__ == "__main__":
    tasks = [RouteTask(f"road/{n}", "straight", ("road",)) for n in range(500)]
    drivers = read_drivers(["copycat"])
    try:
        evaluate(drivers, tasks, [0], simulator=StraightRoad, jobs=2, on_drive=told)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


COLLECTING = """
import sys
from langprop.driving.agents.drivers import read_driver
from langprop.driving.frames.collect import Collection, collect
from langprop.driving.task import RouteTask
from langprop.testing.straight_road import StraightRoad

def told(ride, number, total):
    print("driven", flush=True)

if __name__ == "__main__":
    tasks = [RouteTask(f"road/{n}", "straight", ("road",)) for n in range(500)]
    collection = Collection(tasks, [0], read_driver("copycat"), simulator=StraightRoad)
    try:
        collect(collection, sys.argv[1], {}, jobs=2, on_ride=told)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.mark.parametrize("program", [INTERRUPTED, COLLECTING], ids=["evaluate", "collect"])
@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_behind(ended_by: signal.Signals, program: str, tmp_path: Path) -> None:
    script = tmp_path / "interrupted.py"
    script.write_text(program)
    with subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "frames")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "LANGPROP_TEST": str(tmp_path)},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "driven\n"
        assert len(offspring(tmp_path)) >= 3
        if ended_by == signal.SIGINT:
            os.killpg(process.pid, ended_by)  # as a terminal does
        else:
            process.send_signal(ended_by)
        output, errors = process.communicate(timeout=60)
    if ended_by == signal.SIGINT:
        assert output.endswith("interrupted\n")
        assert "Traceback" not in errors
    end = time.monotonic() + 30
    while offspring(tmp_path) and time.monotonic() < end:
        time.sleep(0.05)
    assert not offspring(tmp_path)


def offspring(tag: Path) -> list[int]:
    """Processes that a program with this tag in its environment has started, and itself."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                environment = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if f"LANGPROP_TEST={tag}".encode() in environment:
                found.append(int(folder.name))
    return found


WRITING = """
from pathlib import Path
Path(__file__).with_name("ran").touch()
"""
# What starting a process, talking with it and driving need of Python.
NAMES = ["json", "multiprocessing", "pickle", "re", "signal", "socket", "subprocess", "threading"]


@pytest.mark.parametrize("program", [INTERRUPTED, COLLECTING], ids=["evaluate", "collect"])
def test_whatever_lies_in_the_working_folder_isnt_run(program: str, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    for name in NAMES:
        (here / f"{name}.py").write_text(WRITING)
    script = tmp_path / "program.py"
    script.write_text(program.replace("range(500)", "range(2)"))
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "frames")],
        cwd=here,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "driven\ndriven\n"
    assert not (here / "ran").exists()


def evaluated_in(folder: Path, policy: str) -> subprocess.CompletedProcess[str]:
    """The command, as a user calls it in a folder."""
    command = str(Path(sys.executable).with_name("langprop"))
    return subprocess.run(
        [command, *f"driving evaluate {policy} --suite tiny --limit 1 --seeds 1".split()],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_policy_may_be_called_as_a_module_of_python(tmp_path: Path) -> None:
    source = "open('ran', 'w')\ndef predict_speed_and_steering(scene_info): ..."
    (tmp_path / "signal.py").write_text(source)
    done = evaluated_in(tmp_path, "signal.py")
    assert "signal (signal.py) can't drive" in done.stderr
    assert "PermissionError" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["signal.py"]


def test_the_simulator_imports_no_module_of_the_working_folder(tmp_path: Path) -> None:
    for name in ("json", "re"):  # what its process needs first
        source = f"if __name__ == {name!r}:\n    open('ran', 'w')\n"
        source += "def predict_speed_and_steering(scene_info):\n    return 'MOVE', 0.0\n"
        (tmp_path / f"{name}.py").write_text(source)
    done = evaluated_in(tmp_path, "json.py")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["json.py", "re.py"]


def test_names_stand_for_drivers(tmp_path: Path) -> None:
    assert read_driver("expert") == Driver("expert")
    follower = read_driver("steady=follower")
    assert follower.name == "steady"
    assert "def predict_speed_and_steering" in follower.source
    path = tmp_path / "mine=1.py"
    path.write_text("def predict_speed_and_steering(scene_info):\n    return 'MOVE', 0.0\n")
    assert read_driver(str(path)).name == "mine=1"
    names = [driver.name for driver in read_drivers([str(path), str(path), "expert"])]
    assert names == ["mine=1", "mine=1 (2)", "expert"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no policy"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff\xfe\x00", "is no text"),
        (b"x" * (1 << 20) + b"x", "is too large"),
    ],
)
def test_files_that_are_no_policy_are_refused(
    content: bytes | None, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "policy.py"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        read_driver(str(path))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "# A policy.\nMOVE = 1\n" * 200,
            "a policy's path is needed, but got its text, '# A policy. …': write it into a file",
        ),
        ("x" * 5000, f"{'x' * 298} …'"),
        ("a=" + "x" * 5000, f"{'x' * 298} …'"),
    ],
)
def test_what_is_no_path_is_refused(
    text: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["driving", "evaluate", text]) == 1
    said = capsys.readouterr().err
    assert told in said
    assert len(said) < 600


def test_checkpoints_of_the_papers_code_get_half_sizes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "ckpt" / "predict_speed_and_steering"
    folder.mkdir(parents=True)
    tracker = {"priority": 0.5, "avg_score": 0.5, "count": 1, "past_priority": 0, "past_weight": 0}
    config = {"name": "predict_speed_and_steering", "step": 3, "records": {"0": {"main": tracker}}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "record_0.txt").write_text("def predict_speed_and_steering(s): ...")
    for name in ("setup.txt", "update.txt"):
        (folder / name).write_text("$begin user\nHello\n$end\n")
    other = tmp_path / "double"
    other.mkdir()
    for file in folder.iterdir():
        (other / file.name).write_text(file.read_text().replace(folder.name, "double"))
    with pytest.raises(ConfigError, match="holds no driving policy: its function is double"):
        read_driver(str(other))
    for path in (folder, folder.parent):
        driver = read_driver(str(path))
        assert (driver.extents, driver.stop_memory) == ("half", False)
        assert driver.source == "def predict_speed_and_steering(s): ..."
    evaluated = ["driving", "evaluate", f"theirs={folder}", "--suite", "nowhere"]
    for call, told in (
        (evaluated, True),
        ([*evaluated, "--extents", "half"], False),
        (["driving", "render", str(folder), "--suite", "nowhere"], True),
        (["driving", "render", str(folder), "--suite", "nowhere", "--stop-memory"], False),
    ):
        assert main(call) == 1
        assert ("say --extents full or --stop-memory" in capsys.readouterr().err) == told


def test_run_folders_say_what_their_policies_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import langprop as lp
    from langprop.driving.learning.module import DrivingModule

    source = HANDWRITTEN.read_text()
    module = DrivingModule(extents="half", stop_memory=False, seeds=[source])
    scene = {
        **dict.fromkeys(("ego_forward_speed", "ego_length", "ego_width"), 1.0),
        "ego_location_world_coord": [0.0, 0.0],
    }
    label = {"speed_level": "MOVE", "turn_angle": 0.0, "situation": ""}
    trainer = lp.Trainer(
        "mutation", max_steps=1, batch_size=1, run_dir=tmp_path / "run", progress=False
    )
    trainer.fit(module, [((scene,), label)])
    driver = read_driver(str(tmp_path / "run"))
    assert (driver.extents, driver.stop_memory) == ("half", False)
    assert "def predict_speed_and_steering" in driver.source
    folder = tmp_path / "run"
    for path in (folder / "best.py", *(folder / "scripts").iterdir()):
        driver = read_driver(str(path))
        assert (driver.name, driver.extents, driver.stop_memory) == (path.stem, "half", False)
    shutil.copy(folder / "best.py", folder / "other.py")
    driver = read_driver(str(folder / "other.py"))
    assert (driver.extents, driver.stop_memory) == ("full", True)
    shutil.copytree(folder, tmp_path / "v1.2")
    (folder / "checkpoint.json").write_text("{")
    with pytest.raises(ConfigError, match=r"copy the script into another folder.*--extents"):
        read_driver(str(folder / "best.py"))
    shutil.copy(tmp_path / "v1.2" / "checkpoint.json", folder)
    monkeypatch.chdir(tmp_path / "v1.2")
    names = [each.name for each in read_drivers([".", "../v1.2", "../run/checkpoint.json"])]
    assert names == ["v1.2", "v1.2 (2)", "checkpoint"]
    found = evaluate(read_drivers(["."]), TASKS[:1], [0], simulator=ROAD, jobs=1)
    assert "v1.2" in table(found)
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError):
        read_driver(str(tmp_path / "empty"))


def test_intervals_draw_routes_and_not_drives() -> None:
    same = {"a": [1.0, 1.0], "b": [1.0, 1.0]}
    assert estimate(same) == estimate(same)
    assert (estimate(same).low, estimate(same).high) == (1.0, 1.0)
    few = estimate({route: [float(route % 2)] * 50 for route in range(4)})
    many = estimate({route: [float(route % 2)] for route in range(200)})
    assert few.value == many.value == 0.5
    assert few.low is not None
    assert many.low is not None
    assert few.low < 0.2
    assert many.low > 0.4
    single = estimate({"a": [3.0, 5.0]})
    assert (single.value, single.low, single.text()) == (4.0, None, "4.0")
    ratio = estimate({"a": [1.0], "b": [3.0]}, {"a": [2.0], "b": [2.0]})
    assert ratio.value == 1.0
    assert few.text(2, sign=True).startswith("+0.50 [")
    with pytest.raises(ValueError, match="nothing"):
        estimate({})
