"""TensorBoardLogger: what the real TensorBoard reads."""

import json
import math
import resource
import signal
import subprocess
import sys
import textwrap

import pytest

from langprop.loggers.tensorboard import TensorBoardLogger

pytest.importorskip(
    "tensorboard.compat.proto.event_pb2",
    reason="tensorboard isn't installed: pip install 'langprop[tensorboard]'",
)
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

# Packages below it use what the newest Python or numpy deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def read(folder):
    found = EventAccumulator(str(folder), size_guidance={"tensors": 0, "scalars": 0})
    found.Reload()
    return found


def scalars(found, tag):
    return [(event.step, event.value) for event in found.Scalars(tag)]


def text(found, tag):
    return [event.tensor_proto.string_val[0].decode() for event in found.Tensors(tag)]


def test_a_run_is_read_by_tensorboard(tmp_path, play):
    logger = TensorBoardLogger()
    play(logger)
    found = read(tmp_path / "tensorboard")
    assert scalars(found, "train/best") == [(1, 0.25), (2, 0.5), (3, 0.75)]
    assert scalars(found, "huge") == [(n, float("inf")) for n in (1, 2, 3)]
    assert scalars(found, "worst") == [(n, -float("inf")) for n in (1, 2, 3)]
    assert all(math.isnan(value) for _, value in scalars(found, "gap"))
    assert "val/score" not in found.Tags()["scalars"]
    assert text(found, "best") == ["    id1", "    id2", "    id3"]
    assert text(found, "odd") == ["    <class 'object'>"]
    (best,) = text(found, "best_script")
    assert "    def get_factorial(n):\n        '''``` </pre> ü'''\n" in best
    (failures,) = text(found, "failures")
    assert failures.startswith("| status | exception | count | sample |")
    (written,) = text(found, "config")
    assert json.loads(textwrap.dedent(written))["trainer"]["max_steps"] == 7
    assert found.summary_metadata["best_script"].plugin_data.plugin_name == "text"
    assert found.PluginTagToContent("hparams")


def test_figures_are_on_file_before_the_run_ends(tmp_path):
    """Killed at any moment, what was logged is there."""
    code = """
        import os, sys, signal, time
        from langprop.loggers.tensorboard import TensorBoardLogger
        logger = TensorBoardLogger(sys.argv[1])
        logger.log({"x": 0.5}, 1)
        folder = sys.argv[1]
        while not (os.path.isdir(folder) and any(os.stat(os.path.join(folder, f)).st_size > 60
                   for f in os.listdir(folder))):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    folder = tmp_path / "tb"
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), folder], check=False, timeout=60
    )
    assert ended.returncode == -signal.SIGKILL
    assert scalars(read(folder), "x") == [(1, 0.5)]


def test_a_run_that_goes_on_replaces_what_came_after_its_checkpoint(tmp_path):
    logger = TensorBoardLogger()
    logger.start("f", {}, tmp_path)
    for step in (1, 2, 3):
        logger.log({"x": step}, step)
    logger.close()
    logger = TensorBoardLogger()  # another process, say
    logger.start("f", {}, tmp_path, resume=True)
    for step in (3, 4):
        logger.log({"x": step + 0.5}, step)
    logger.close()
    assert scalars(read(tmp_path / "tensorboard"), "x") == [(1, 1.0), (2, 2.0), (3, 3.5), (4, 4.5)]


def test_without_a_run_folder_each_run_has_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    logger = TensorBoardLogger()
    for _ in range(2):
        logger.start("f", {})
        logger.log({"x": 1}, 1)
    logger.close()
    assert sorted(path.name for path in (tmp_path / "tensorboard").iterdir()) == ["f", "f-2"]


def test_a_full_disk_is_told_of_and_what_fits_later_can_be_read(tmp_path):
    logger = TensorBoardLogger(tmp_path)
    logger.log({"x": 1}, 1)
    logger.close()
    limit, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, hard))
    try:
        logger.log({"x": 2}, 2)
        with pytest.raises(OSError, match="large"):
            logger.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        signal.signal(signal.SIGXFSZ, before)
    logger.log({"x": 3}, 3)
    logger.close()
    values = [event for name in sorted(tmp_path.iterdir()) for event in scalars_of_file(name)]
    assert (1, 1.0) in values
    assert (3, 3.0) in values


def scalars_of_file(path):
    found = read(path)
    return scalars(found, "x") if "x" in found.Tags()["scalars"] else []
