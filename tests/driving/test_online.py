"""Training while driving: updates, infractions, failures, and going on in the midst of a drive."""

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import langprop as lp
from langprop.data.objects import load_object
from langprop.driving.agents.agent import Decision
from langprop.driving.agents.expert import ExpertAgent
from langprop.driving.box import Box, Pose
from langprop.driving.frames.dataset import Frames
from langprop.driving.frames.recording import RecordedDrive
from langprop.driving.learning.decisions import DecisionLog
from langprop.driving.learning.memory import Memory
from langprop.driving.learning.module import DrivingModule
from langprop.driving.learning.online import Online
from langprop.driving.learning.rounds import Rounds
from langprop.driving.sumo.simulator import SumoSimulator
from langprop.driving.task import Traffic
from langprop.errors import CheckpointError, ConfigError, SimulatorError
from langprop.testing.straight_road import Extra, StraightRoad

HERE = Path(__file__).parent
online_runs = load_object("online_runs.py:train", HERE).__globals__
START, TASKS, train = (online_runs[name] for name in ("START", "TASKS", "train"))

BLIND = """\
def predict_speed_and_steering(scene_info):
    return "MOVE", 60.0
"""

FAILING = """\
def predict_speed_and_steering(scene_info):
    return "MOVE", 1.0 / 0.0
"""


@pytest.fixture(scope="module")
def simulator():
    made = SumoSimulator()
    yield made
    made.close()


class Kept(lp.Callback):
    """The batches of a run."""

    def __init__(self):
        self.batches = []

    def on_train_batch_end(self, trainer, module):
        self.batches.append([r for p in module.population.policies for r in p.records])


def state_of(folder):
    state = json.loads((Path(folder) / "checkpoint.json").read_text())
    for name in ("digest", "evaluations"):
        state.pop(name, None)
    drives = (Path(folder) / "drives.jsonl").read_text().splitlines()
    return state, drives, Frames(Path(folder) / "frames").digest()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nobody broke off."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    train(folder, steps=4)
    return folder


def test_the_policy_drives_and_is_trained_on_what_it_meets(whole):
    frames = Frames(whole / "frames")
    assert {each.task for each in frames} == {"short/0", "short/1"}
    assert frames.about["extents"] == "full"
    assert frames.about["every"] == 10
    lines = [json.loads(line) for line in (whole / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    assert lines[-1]["drive/routes"] >= 2
    assert 0 <= lines[-1]["drive/agreement"] <= 1
    drives = [json.loads(line) for line in (whole / "drives.jsonl").read_text().splitlines()]
    assert [drive["ended"] for drive in drives[:2]] == ["ROUTE_COMPLETION"] * 2
    assert drives[0]["seed"] == 0


# The 200 steps of the example, before training begins, are counted as well.
@pytest.mark.parametrize(
    "tick",
    [290, *(pytest.param(tick, marks=pytest.mark.slow) for tick in (1, 60, 250, 380, 420))],
)
def test_a_run_that_was_killed_in_mid_drive_ends_as_if_it_hadnt_been(whole, tmp_path, tick):
    script = HERE / "online_runs.py"
    call = [sys.executable, str(script), str(tmp_path / "run"), str(tick), "4"]
    assert subprocess.run(call, check=False, timeout=120).returncode == -9
    train(tmp_path / "run", steps=4)
    assert state_of(tmp_path / "run") == state_of(whole)


@pytest.mark.slow
def test_a_run_in_steps_is_the_run_in_one_go(whole, tmp_path):
    for steps in (1, 2, 4):
        train(tmp_path / "run", steps=steps)
    mine, theirs = state_of(tmp_path / "run"), state_of(whole)
    assert mine[1:] == theirs[1:]
    assert mine[0]["module"] == theirs[0]["module"]
    assert mine[0]["callbacks"] == theirs[0]["callbacks"]


def road():
    """A road on which one drives ahead, each epoch a little farther."""
    return StraightRoad(60.0, [Extra(Box(Pose(25.0, 0.0, 0.0), 2.3, 0.9, 4.0))])


@pytest.fixture(scope="module")
def short_epochs(tmp_path_factory):
    """A run whose epochs end before their second route does."""
    folder = tmp_path_factory.mktemp("runs") / "short"
    train(folder, simulator=road(), steps=6, limit_batches=4)
    return folder


@pytest.mark.parametrize("broken_off", [3, 4])
def test_an_epoch_that_ends_in_mid_drive_takes_nothing_into_the_next_one(
    short_epochs, tmp_path, broken_off
):
    for steps in (broken_off, 6):
        train(tmp_path / "run", simulator=road(), steps=steps, limit_batches=4)
    mine, theirs = state_of(tmp_path / "run"), state_of(short_epochs)
    assert mine[1:] == theirs[1:]
    assert mine[0]["module"] == theirs[0]["module"]
    assert mine[0]["callbacks"] == theirs[0]["callbacks"]
    frames = list(Frames(tmp_path / "run" / "frames"))
    assert [each.observation.tick for each in frames if each.seed == 1][:2] == [0, 10]


def test_an_infraction_updates_at_once_and_marks_the_frames_before_it():
    kept = Kept()
    _, _, online = train(False, steps=1, start=BLIND, update_every=10_000, callbacks=[kept])
    marked = [each for each in online.memory.batch() if each.infraction]
    assert marked
    assert all(0 < each.ahead <= 2.0 for each in marked)
    assert all(each.message for each in marked)


def test_a_failure_updates_at_once_and_without_a_folder_nothing_stays_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, module, online = train(False, steps=1, start=FAILING, update_every=10_000)
    assert online.chauffeur.drive is not None
    assert online.chauffeur.drive.ticks == 1
    failing = [p for p in module.population.policies if p.script.source == FAILING]
    assert all(policy.priority == -10.0 for policy in failing)
    assert list(tmp_path.iterdir()) == []
    assert online.dataset is not None
    assert online.dataset.folder.exists()
    online.close()
    assert not online.dataset.folder.exists()


def test_recorded_drives_are_mixed_in(whole, tmp_path):
    data = Frames(whole / "frames")
    memory = Memory(DrivingModule(), data=data, data_share=0.25, batch_size=8)
    memory.open(tmp_path / "frames", {})
    memory.add([dataclasses.replace(each, task="mine") for each in data[:20]])
    batch = memory.batch()
    assert sum(each.task == "mine" for each in batch) == 6
    assert len(batch) == 8


def test_it_must_be_a_callback_too(simulator):
    module = DrivingModule(seeds=[START])
    online = Online(module, TASKS, simulator=simulator)
    trainer = lp.Trainer("mutation", run_dir=False, progress=False)
    with pytest.raises(ConfigError, match=r"Trainer\(callbacks=\[\.\.\.\]\)"):
        trainer.fit(module, online)
    online.close()


@pytest.mark.slow
def test_a_second_call_of_fit_goes_on_in_the_midst_of_the_drive(whole):
    trainer, module, online = train(False, steps=2)
    trainer.max_steps = 2
    trainer.fit(module, online)
    assert trainer.step == 4
    state = json.loads((whole / "checkpoint.json").read_text())
    assert online.state_dict()["chauffeur"] == state["callbacks"][0]["state"]["chauffeur"]


def test_it_belongs_to_its_module(simulator):
    online = Online(DrivingModule(seeds=[START]), TASKS, simulator=simulator)
    trainer = lp.Trainer("mutation", max_steps=1, run_dir=False, progress=False, callbacks=[online])
    with pytest.raises(ConfigError, match="the module that it was given"):
        trainer.fit(DrivingModule(seeds=[START]), online)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("update_every", 0),
        ("batch_size", 0),
        ("capacity", 0),
        ("every", 0),
        ("lookahead", -1),
        ("first_seed", -1),
        ("every", 2.5),
        ("capacity", "1000"),
        ("pictures", None),
        ("data_share", 1.0),
        ("data_share", "half"),
        ("infraction_weight", 0.0),
        ("infraction_weight", float("nan")),
        ("infraction_share", 0.0),
    ],
)
def test_numbers_out_of_range_are_refused(name, value):
    with pytest.raises(ConfigError, match=name):
        Online(DrivingModule(), TASKS, **{name: value})


def test_without_routes_there_is_nothing_to_drive():
    with pytest.raises(ConfigError, match="no routes"):
        Online(DrivingModule(), [])


def test_a_run_isnt_resumed_with_other_routes(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "run")
    with pytest.raises(CheckpointError, match="drove other routes"):
        train(tmp_path / "run", steps=6, tasks=TASKS[:1])


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (
            {"tasks": [TASKS[0], dataclasses.replace(TASKS[1], edges=TASKS[0].edges)]},
            "short/1 isn't the route that the run drove",
        ),
        (
            {"tasks": [dataclasses.replace(TASKS[0], traffic=Traffic()), TASKS[1]]},
            "short/0 isn't the route that the run drove",
        ),
        ({"first_seed": 5}, "begun with drives.first_seed=0, not 5"),
        ({"shuffle": False}, "begun with drives.shuffle=True, not False"),
    ],
)
def test_a_drive_isnt_gone_on_with_in_other_traffic(short_epochs, tmp_path, other, told):
    shutil.copytree(short_epochs, tmp_path / "run")
    with pytest.raises(CheckpointError, match=told):
        train(tmp_path / "run", simulator=road(), steps=8, **other)
    assert state_of(tmp_path / "run") == state_of(short_epochs)


def test_other_data_that_is_mixed_in_is_told(short_epochs, tmp_path):
    data = Frames(short_epochs / "frames")
    train(tmp_path / "run", simulator=road(), steps=1, data=data)
    less = data.where(lambda drive: drive["seed"] == 0)
    for other in (less, None):
        with pytest.raises(CheckpointError, match="begun with something else: the training data"):
            train(tmp_path / "run", simulator=road(), steps=2, data=other)
    again = Frames(short_epochs / "frames")
    trainer, _, _ = train(tmp_path / "run", simulator=road(), steps=2, data=again)
    assert trainer.step == 2


def test_the_town_of_a_route_may_have_been_moved():
    tasks = [dataclasses.replace(task, town=f"maps/{task.town}.net.xml") for task in TASKS]
    moved = [dataclasses.replace(task, town=f"/else/{task.town}") for task in tasks]
    rounds = Rounds(moved)
    rounds.load_state_dict(Rounds(tasks).state_dict())
    other = [dataclasses.replace(task, town="maps/other.net.xml") for task in tasks]
    with pytest.raises(CheckpointError, match="isn't the route"):
        rounds.load_state_dict(Rounds(other).state_dict())


def test_a_run_has_as_many_pictures_however_often_it_was_resumed(tmp_path):
    def pictures(name, *steps):
        folder = tmp_path / name
        for each in steps:
            train(folder, simulator=road(), steps=each, start=BLIND, pictures=2)
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.glob("pictures/*/*.png")
        }

    once = pictures("once", 3)
    assert len(once) == 2
    assert pictures("often", 2, 3) == once


def test_a_journal_of_names_with_odd_characters_stays_whole(tmp_path):
    tasks = [dataclasses.replace(task, name=f"odd\u2028\x85{task.name}") for task in TASKS]
    for steps in (4, 5):
        train(tmp_path / "run", simulator=road(), steps=steps, tasks=tasks, pictures=0)
    lines = (tmp_path / "run" / "drives.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    drives = [json.loads(line) for line in lines]
    assert len(drives) == 2
    assert {drive["task"] for drive in drives} == {task.name for task in tasks}


# Drives


def driven(simulator, log=None, ticks=80, agent=None):
    drive = RecordedDrive(simulator, TASKS[0], 4, ExpertAgent(), log=log)
    agent = agent or ExpertAgent()
    frames = []
    while drive.ticks < ticks:
        frames += drive.tick(agent).frames
    return drive, frames


def test_a_drive_is_brought_back_to_where_it_was(simulator):
    drive, _ = driven(simulator, ticks=80)
    there = drive.truth.observation
    log = DecisionLog.from_state_dict(json.loads(json.dumps(drive.log.state_dict())))
    again, _ = driven(simulator, log=log, ticks=80)
    assert again.truth.observation == there
    assert (again.frames, again.agreed) == (drive.frames, drive.agreed)
    one = [driven(simulator, ticks=120)[0].truth.observation for _ in range(2)]
    assert one[0] == one[1]


def test_a_log_that_goes_beyond_the_end_is_refused(simulator):
    log = DecisionLog()
    for _ in range(3000):
        log.add(Decision("MOVE", 0.0, 6.0))
    with pytest.raises(CheckpointError, match="beyond the end of the route"):
        RecordedDrive(simulator, TASKS[0], 4, ExpertAgent(), log=log)


def test_decisions_come_back_exactly():
    log = DecisionLog()
    given = [
        Decision("MOVE", 0.1 + 0.2),
        Decision("SLOW", -180.0, 2.5),
        Decision("STOP", 0.0, None, "KeyError: 'x'", "exception"),
        Decision("STOP", 0.0, None, "KeyError: 'x'", "exception"),
    ]
    for each in given:
        log.add(each)
    log.relieve()
    again = DecisionLog.from_state_dict(json.loads(json.dumps(log.state_dict())))
    assert list(again) == given
    assert again.reliefs == [4]
    assert len(again) == 4


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"decisions": "?", "errors": [], "reliefs": []},
        {"decisions": "AAAA", "errors": [], "reliefs": []},
        {"decisions": "eJxjYGBgAAAABAAB", "errors": [], "reliefs": []},
    ],
)
def test_a_damaged_log_is_refused(state):
    with pytest.raises(CheckpointError, match="log of a drive"):
        DecisionLog.from_state_dict(state)


class Dying(SumoSimulator):
    """Dies in certain steps, as a simulator that crashes would."""

    def __init__(self, *at):
        super().__init__()
        self.at, self.steps = set(at), 0

    def step(self, control):
        self.steps += 1
        if self.steps in self.at:
            raise SimulatorError("the simulator died")
        return super().step(control)


def test_a_simulator_that_dies_is_replaced_and_the_drive_goes_on(whole):
    trainer, module, online = train(False, simulator=Dying(230), steps=2)
    state = json.loads((whole / "checkpoint.json").read_text())
    assert trainer.step == 2
    assert online.chauffeur.drive is not None or online.chauffeur.rounds.finished
    assert state["step"] == 4
    del module


def test_a_route_on_which_it_always_dies_is_given_up():
    class Never(Dying):
        def step(self, control):
            if self.task == "short/1" and self.steps > 200:
                raise SimulatorError("the simulator died")
            return super().step(control)

        def reset(self, task, seed):
            self.task = task.name
            return super().reset(task, seed)

    with pytest.raises(SimulatorError, match="died"):
        train(False, simulator=Never(), steps=40, tasks=[TASKS[1]])


# What it draws


def test_each_epoch_drives_all_routes_under_other_traffic():
    tasks = [dataclasses.replace(TASKS[0], name=str(number)) for number in range(6)]
    rounds = Rounds(tasks, first_seed=10, seed=1)
    seen = []
    for epoch in range(3):
        rounds.begin(epoch)
        while not rounds.over:
            seen.append((rounds.route[0].name, rounds.route[1]))
            other = Rounds(tasks, first_seed=10, seed=1)
            other.load_state_dict(json.loads(json.dumps(rounds.state_dict())))
            assert other.route == rounds.route
            rounds.next()
    assert len(set(seen)) == 18
    assert [seed for _, seed in seen] == [10] * 6 + [11] * 6 + [12] * 6
    assert [name for name, _ in seen[:6]] != [name for name, _ in seen[6:12]]


def test_memory_goes_on_as_it_was(whole, tmp_path):
    frames = list(Frames(whole / "frames"))
    module = DrivingModule()

    def memory(folder, state=None):
        made = Memory(module, batch_size=5, seed=2)
        if state is not None:
            made.load_state_dict(json.loads(json.dumps(state)))
        made.open(folder, {})
        return made

    one = memory(tmp_path / "one")
    one.add(frames[:12])
    one.batch()
    state = one.state_dict()
    one.add(frames[12:20])
    expected = [one.batch(), one.batch()]
    again = memory(tmp_path / "one", state)
    assert len(Frames(tmp_path / "one")) == 12
    again.add(frames[12:20])
    assert [again.batch(), again.batch()] == expected
    assert all(len(batch) == 5 for batch in expected)


@pytest.mark.parametrize("weight", [0.5, 1.0, 100.0])
def test_frames_with_failures_are_no_larger_share_than_wanted(weight, whole, tmp_path):
    frames = [each for each in Frames(whole / "frames") if not each.infraction][:40]
    frames = [
        dataclasses.replace(each, failure="failed" * (n < 30)) for n, each in enumerate(frames)
    ]
    memory = Memory(DrivingModule(), batch_size=10, infraction_weight=weight, infraction_share=0.2)
    memory.open(tmp_path / "frames", {})
    memory.add(frames)
    for _ in range(20):
        assert sum(bool(frame.failure) for frame in memory.batch()) <= 2


def test_an_infraction_is_drawn_far_more_often(whole, tmp_path):
    frames = [each for each in Frames(whole / "frames") if not each.infraction][:40]
    frames[7] = dataclasses.replace(
        frames[7], infraction="COLLISION_VEHICLE", message="m", ahead=1.0
    )
    other = "MOVE" if frames[7].wanted.level != "MOVE" else "STOP"
    frames[7] = dataclasses.replace(frames[7], driver=frames[7].driver._replace(level=other))
    if frames[7].agrees:  # its label and its word may differ
        frames[7] = dataclasses.replace(frames[7], driver=frames[7].driver._replace(angle=170.0))
    memory = Memory(DrivingModule(), batch_size=3)
    memory.open(tmp_path / "frames", {})
    memory.add(frames)
    drawn = [memory.batch() for _ in range(20)]
    assert sum(frames[7] in batch for batch in drawn) >= 17
    assert np.mean([frames[8] in batch for batch in drawn]) < 0.5
