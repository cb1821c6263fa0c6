"""A dataset of frames: written whole, read exactly, and damage is told."""

import dataclasses
import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.driving.agents.drivers import Driver
from langprop.driving.box import Box, Pose
from langprop.driving.frames.collect import Collection, collect
from langprop.driving.frames.columns import NAMES, pack, unpack
from langprop.driving.frames.dataset import INDEX, Frames, FrameWriter
from langprop.driving.frames.frame import LEVELS, Answer, Frame
from langprop.driving.observation import Observation, Signals
from langprop.errors import DataError
from langprop.trainer.folder_lock import FolderLock

REALS = st.floats(-1e6, 1e6, allow_nan=False)
SIZES = st.floats(0.1, 10)
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)


def boxes(kind):
    return st.builds(
        Box,
        st.builds(Pose, REALS, REALS, st.floats(-3.2, 3.2)),
        SIZES,
        SIZES,
        st.floats(0, 30),
        kind,
        st.just(""),
        st.integers(0, 1 << 40),
    )


OPTIONAL = st.none() | st.floats(-0.5, 50)
IDS = st.none() | st.integers(0, 20)
SIGNALS = st.builds(
    Signals,
    OPTIONAL,
    OPTIONAL,
    IDS,
    IDS,
    st.sampled_from(["green", "yellow", "red", "off"]),
    st.booleans(),
)
OBSERVATIONS = st.builds(
    Observation,
    st.integers(0, 10_000),
    st.floats(0, 1e4),
    boxes(st.just("vehicle")).map(lambda box: dataclasses.replace(box, id="ego", number=0)),
    st.tuples(REALS, REALS),
    SIGNALS,
    st.lists(
        boxes(st.sampled_from(["vehicle", "bicycle", "pedestrian", "static"])), max_size=4
    ).map(tuple),
    st.floats(0, 1e4),
    st.floats(0, 1e4),
)
ANSWERS = st.builds(Answer, st.sampled_from(LEVELS), st.floats(-180, 180))
FRAMES = st.builds(
    Frame,
    OBSERVATIONS,
    ANSWERS,
    ANSWERS,
    TEXTS,
    TEXTS,
    TEXTS,
    st.floats(0, 10),
    st.just("town/1"),
    st.just(7),
    st.none() | st.floats(0, 6),
)


def frame(tick=0, **changes):
    ego = Box(Pose(1.0, 2.0, 0.3), 2.45, 1.06, 3.0, id="ego")
    seen = Observation(tick, tick * 0.05, ego, (5.0, 0.0), Signals(), (), 0.0, 100.0)
    made = Frame(seen, Answer("STOP", 0.0), Answer("MOVE", 0.0), task="town/1", seed=7)
    return dataclasses.replace(made, **changes)


DRIVE = {"task": "town/1", "seed": 7}


@given(st.lists(FRAMES, max_size=5))
@settings(max_examples=30, deadline=None)
def test_frames_come_back_exactly(frames):
    columns = pack(frames)
    assert [unpack(columns, n, "town/1", 7) for n in range(len(frames))] == frames


def test_what_is_written_is_read(tmp_path):
    writer = FrameWriter(tmp_path / "data", {"suite": "tiny", "every": 10})
    assert writer.append([frame(0), frame(10)], {**DRIVE, "ended": "ROUTE_COMPLETION"}) == range(2)
    assert writer.append([frame(20, message="Ödland ∎")], DRIVE) == range(2, 3)
    assert writer.append([], {"task": "town/2", "seed": 0}) == range(3, 3)
    frames = Frames(tmp_path / "data")
    assert len(frames) == len(writer) == 3
    assert list(frames) == [frame(0), frame(10), frame(20, message="Ödland ∎")]
    assert frames[-1] == frames[2]
    assert frames[1:] == [frame(10), frame(20, message="Ödland ∎")]
    assert frames.about == {"suite": "tiny", "every": 10}
    assert frames.drives[0]["ended"] == "ROUTE_COMPLETION"
    with pytest.raises(IndexError, match="frame 3 of 3"):
        frames[3]
    assert "3 frames of 3 drives" in repr(frames)


def test_others_can_read_it_with_numpy_and_json_alone(tmp_path):
    FrameWriter(tmp_path, {}).append([frame(0), frame(10)], DRIVE)
    index = json.loads((tmp_path / INDEX).read_text())
    with np.load(tmp_path / index["drives"][0]["file"], allow_pickle=False) as file:
        assert set(NAMES) == set(file.files)
        assert file["ego"].shape == (2, 6)
        assert file["tick"].tolist() == [0, 10]


def test_a_part_of_the_drives(tmp_path):
    writer = FrameWriter(tmp_path, {})
    for number in range(4):
        writer.append([frame(number)], {"task": f"town/{number % 2}", "seed": number})
    odd = Frames(tmp_path).where(lambda drive: drive["task"] == "town/1")
    assert [each.observation.tick for each in odd] == [1, 3]
    assert [each.seed for each in odd] == [1, 3]


def test_a_copy_for_another_process_reads_the_same(tmp_path):
    FrameWriter(tmp_path, {}).append([frame(0)], DRIVE)
    frames = Frames(tmp_path)
    assert pickle.loads(pickle.dumps(frames))[0] == frames[0]


def test_its_digest_is_that_of_its_frames(tmp_path):
    for name in ("one", "two"):
        FrameWriter(tmp_path / name, {"by": name}).append([frame(0)], DRIVE)
    FrameWriter(tmp_path / "three", {}).append([frame(1)], DRIVE)
    one, two, three = (Frames(tmp_path / name).digest() for name in ("one", "two", "three"))
    assert one == two != three


def test_a_dataset_isnt_overwritten_unawares(tmp_path):
    FrameWriter(tmp_path, {"every": 10}).append([frame(0)], DRIVE)
    with pytest.raises(DataError, match=r"holds a dataset already.*--resume"):
        FrameWriter(tmp_path, {"every": 10})
    with pytest.raises(DataError, match=r"another every \(10, now 5\)"):
        FrameWriter(tmp_path, {"every": 5}, resume=True)
    writer = FrameWriter(tmp_path, {"every": 10}, resume=True)
    assert writer.append([frame(10)], DRIVE) == range(1, 2)
    assert len(Frames(tmp_path)) == 2


def test_every_difference_is_told_and_the_policy_first(tmp_path):
    source = "def predict_speed_and_steering(scene_info):\n    return 'MOVE', 0.0\n" * 3
    then = {"suite": "tiny", "policy": "expert", "script": "", "every": 10}
    now = {"suite": "tiny", "policy": "mine", "script": source, "every": 5, "extents": "full"}
    FrameWriter(tmp_path, then).append([frame(0)], DRIVE)
    with pytest.raises(DataError) as caught:
        FrameWriter(tmp_path, now, resume=True)
    assert str(caught.value) == (
        f"{tmp_path} was collected with another policy ('expert', now 'mine'), another script, "
        "another every (10, now 5), another extents (none, now 'full'): name another folder, or "
        "collect as then."
    )


def test_a_dataset_without_a_drive_is_replaced(tmp_path):
    FrameWriter(tmp_path, {"every": 10})
    FrameWriter(tmp_path, {"every": 5}).append([frame(0)], DRIVE)
    assert Frames(tmp_path).about == {"every": 5}
    assert len(Frames(tmp_path)) == 1


def test_a_killed_writer_leaves_whole_drives(tmp_path):
    writer = FrameWriter(tmp_path, {})
    writer.append([frame(0)], DRIVE)
    (tmp_path / "drive-000001.npz").write_bytes(b"half of a drive")  # before its index was written
    (tmp_path / ".1234.drive-000002.npz").write_bytes(b"half")
    again = FrameWriter(tmp_path, {}, resume=True)
    again.append([frame(10)], DRIVE)
    assert [each.observation.tick for each in Frames(tmp_path)] == [0, 10]


def test_later_drives_are_forgotten(tmp_path):
    writer = FrameWriter(tmp_path, {})
    for tick in range(3):
        writer.append([frame(tick)], DRIVE)
    writer.truncate(1)
    assert [each.observation.tick for each in Frames(tmp_path)] == [0]
    assert not (tmp_path / "drive-000002.npz").exists()
    writer.append([frame(9)], DRIVE)
    assert [each.observation.tick for each in Frames(tmp_path)] == [0, 9]
    with pytest.raises(DataError, match="holds 2 drives, but the run had 5"):
        writer.truncate(5)


def test_a_reader_follows_its_writer(tmp_path):
    writer = FrameWriter(tmp_path, {})
    frames = Frames(tmp_path)
    assert len(frames) == 0
    writer.append([frame(3)], DRIVE)
    frames.follow(writer)
    assert frames[0] == frame(3)


@pytest.mark.parametrize(
    "damage",
    [b"", b"no zip", b"PK\x05\x06" + b"\0" * 18],
    ids=["empty", "no zip", "empty zip"],
)
def test_a_damaged_file_is_told(tmp_path, damage):
    FrameWriter(tmp_path, {}).append([frame(0)], DRIVE)
    (tmp_path / "drive-000000.npz").write_bytes(damage)
    with pytest.raises(DataError, match=r"drive-000000\.npz can't be read"):
        Frames(tmp_path)[0]
    (tmp_path / "drive-000000.npz").unlink()
    with pytest.raises(DataError, match="No such file"):
        Frames(tmp_path)[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": "other", "about": {}, "drives": []}',
        '{"format": "langprop driving frames", "version": 1, "about": {}, "drives": [{}]}',
        '{"format": "langprop driving frames", "version": 1, "about": {}, "drives": ['
        '{"file": "../x.npz", "frames": 1, "sha256": "", "task": "a", "seed": 0}]}',
        '{"format": "langprop driving frames", "version": 1, "about": {}, "drives": ['
        '{"file": "x.npz", "frames": -1, "sha256": "", "task": "a", "seed": 0}]}',
        "[" * 100_000,
    ],
)
def test_a_damaged_index_is_told(tmp_path, text):
    (tmp_path / INDEX).write_text(text)
    with pytest.raises(DataError, match=f"{INDEX} (can't be read|is no index)"):
        Frames(tmp_path)


def test_another_version_is_told(tmp_path):
    FrameWriter(tmp_path, {})
    text = (tmp_path / INDEX).read_text()
    (tmp_path / INDEX).write_text(text.replace('"version": 1', '"version": 2'))
    with pytest.raises(DataError, match="version 2, but this langprop reads 1"):
        Frames(tmp_path)


def test_where_there_is_no_dataset_it_says_how_to_make_one(tmp_path):
    with pytest.raises(DataError, match="langprop driving collect --out"):
        Frames(tmp_path)


def test_what_cant_be_written_is_told_and_loses_nothing(tmp_path):
    writer = FrameWriter(tmp_path, {})
    writer.append([frame(0)], DRIVE)
    (tmp_path / "drive-000001.npz").mkdir()  # whatever the reason: it can't be put there
    with pytest.raises(DataError, match="can't be written"):
        writer.append([frame(1)], DRIVE)
    assert len(writer) == len(Frames(tmp_path)) == 1
    (tmp_path / "drive-000001.npz").rmdir()
    writer.append([frame(2)], DRIVE)
    assert [each.observation.tick for each in Frames(tmp_path)] == [0, 2]


def test_texts_that_arrays_cant_hold_are_mended(tmp_path):
    FrameWriter(tmp_path, {}).append([frame(0, failure="bad \ud800\0")], DRIVE)
    assert Frames(tmp_path)[0].failure == "bad ?�"


def test_two_processes_do_not_collect_into_one_folder(tmp_path):
    lock = FolderLock(tmp_path)
    lock.take()
    collection = Collection([], [], Driver("expert"))
    with pytest.raises(DataError, match="another process writes frames into"):
        collect(collection, tmp_path, {})
    lock.release()
    assert len(collect(collection, tmp_path, {})) == 0
