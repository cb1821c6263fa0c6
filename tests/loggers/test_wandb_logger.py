"""WandbLogger: the real package, in offline mode and against a server that never answers."""

import json
import math
import os
import socket
import struct
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from langprop.errors import ConfigError
from langprop.loggers.wandb import WandbLogger

wandb = pytest.importorskip(
    "wandb.sdk.wandb_settings", reason="wandb isn't installed: pip install 'langprop[wandb]'"
)
pb = pytest.importorskip("wandb.proto.wandb_internal_pb2")


@pytest.fixture(autouse=True)
def _nothing_from_outside(tmp_path, monkeypatch):
    for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("DATA", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"WANDB_{name}_DIR", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NETRC", str(tmp_path / "home" / "netrc"))
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")


def records(path):
    """What is in a file of wandb's: records in blocks of 32 KiB, as in LevelDB's logs."""
    data, position, parts = path.read_bytes(), 7, []
    while position + 7 <= len(data):
        left = 32768 - position % 32768
        if left < 7:
            position += left
            continue
        _, length, kind = struct.unpack("<IHB", data[position : position + 7])
        if position + 7 + length > len(data):
            return  # it is being written at this moment
        parts.append(data[position + 7 : position + 7 + length])
        position += 7 + length
        if kind in (1, 4):  # whole, or the last part
            record = pb.Record()
            record.ParseFromString(b"".join(parts))
            parts = []
            yield record


def runs(folder):
    """Everything that was logged, by the folder of the run."""
    found = sorted((folder / "wandb").glob("offline-run-*"))
    return [_complete(next(each.glob("run-*.wandb"))) for each in found]


def _complete(path):
    """A whole file: wandb's own process writes the last of it when the run has ended for us."""
    for _ in range(400):
        run = list(records(path))
        if run and run[-1].WhichOneof("record_type") == "exit":
            return run
        time.sleep(0.05)
    raise AssertionError(f"{path} has no end")


def history(run):
    lines = [
        {
            "/".join(item.nested_key) or item.key: json.loads(item.value_json)
            for item in r.history.item
        }
        for r in run
        if r.WhichOneof("record_type") == "history"
    ]
    return [{k: v for k, v in line.items() if not k.startswith("_")} for line in lines]


def of(run, kind):
    return [getattr(r, kind) for r in run if r.WhichOneof("record_type") == kind]


def test_a_run_is_on_file(tmp_path, play):
    logger = WandbLogger("trees", tags=["x"], group="g")
    assert logger.mode == "offline"
    play(logger)
    (run,) = runs(tmp_path)
    lines = history(run)
    assert [line["train/best"] for line in lines[:3]] == [0.25, 0.5, 0.75]
    assert [line["step"] for line in lines[:3]] == [1, 2, 3]
    assert lines[0]["best"] == "id1"
    assert math.isnan(lines[0]["gap"])
    assert "val/score" not in lines[0]
    assert any(name.startswith("failures") for name in lines[3])
    (table,) = tmp_path.glob("wandb/offline-run-*/files/media/table/failures*.json")
    assert json.loads(table.read_text())["columns"] == ["status", "exception", "count", "sample"]
    (begun,) = of(run, "run")
    assert (begun.project, begun.display_name, begun.run_group) == ("trees", tmp_path.name, "g")
    settings = {each.key: json.loads(each.value_json) for each in begun.config.update}
    assert settings["trainer"]["max_steps"] == 7
    scripts = [each for each in of(run, "artifact") if each.type == "script"]
    assert [each.name for each in scripts] == ["get_factorial"]
    (held,) = scripts[0].manifest.contents
    assert held.path == "best.py"
    assert Path(held.local_path).read_text(encoding="utf-8") == play.script


def test_nothing_of_the_machine_is_kept(tmp_path):
    logger = WandbLogger()
    logger.start("f", {}, tmp_path)
    print("a secret of the console")  # noqa: T201 - that is what must not be kept
    logger.log({"x": 1}, 1)
    logger.close()
    (run,) = runs(tmp_path)
    kinds = {r.WhichOneof("record_type") for r in run}
    assert not kinds & {"output", "output_raw", "stats", "environment"}
    kept = {path.name for path in tmp_path.rglob("files/*") if path.is_file()}
    assert not kept & {"requirements.txt", "wandb-metadata.json", "output.log"}


def test_a_run_that_goes_on_keeps_its_id(tmp_path):
    for resume, step in ((False, 1), (True, 2)):  # two processes, say
        logger = WandbLogger()
        logger.start("f", {"a": 1}, tmp_path, resume=resume)
        logger.log({"x": step}, step)
        logger.close()
    ids = {of(run, "run")[0].run_id for run in runs(tmp_path)}
    assert len(ids) == 1
    logger = WandbLogger()
    logger.start("f", {}, tmp_path)
    logger.close()
    assert len({of(run, "run")[0].run_id for run in runs(tmp_path)}) == 2


def test_steps_that_come_again_are_kept(tmp_path):
    """Killed after it logged and before it saved, a run logs a step again."""
    logger = WandbLogger()
    logger.start("f", {}, tmp_path)
    for step in (1, 2, 2, 3):
        logger.log({"x": step}, step)
    logger.close()
    (run,) = runs(tmp_path)
    assert [line["step"] for line in history(run)] == [1, 2, 2, 3]


def test_the_users_own_run_is_left_alone(tmp_path):
    code = """
        import sys, wandb
        from pathlib import Path
        from langprop.loggers.wandb import WandbLogger
        own = wandb.init(mode="offline", dir=sys.argv[1] + "/own", settings={"silent": True})
        logger = WandbLogger(mode="offline")
        logger.start("f", {}, Path(sys.argv[1]) / "run")
        logger.log({"x": 1}, 1)
        logger.close()
        assert wandb.run is own
        own.log({"y": 1})
        own.finish()
    """
    (tmp_path / "own").mkdir()
    subprocess.run([sys.executable, "-c", textwrap.dedent(code), tmp_path], check=True, timeout=120)


def test_online_without_a_key_does_not_ask_at_the_terminal():
    with pytest.raises(ConfigError, match="wandb login"):
        WandbLogger(mode="online")


def test_the_mode_of_the_environment(monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
    assert WandbLogger().mode == "online"
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert WandbLogger().mode == "disabled"
    assert WandbLogger(mode="offline").mode == "offline"


def test_a_key_on_file_is_found(monkeypatch, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    netrc = home / "netrc"
    netrc.write_text(f"machine 127.0.0.1:9\n  login user\n  password {'k' * 40}\n")
    netrc.chmod(0o600)
    code = "from langprop.loggers.wandb import WandbLogger; print(WandbLogger().mode)"
    ended = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    assert ended.stdout.strip() == "online"


@pytest.mark.parametrize("wrong", [{"mode": "sideways"}, {"no_such_setting": 1}, {"console": 7}])
def test_what_wandb_does_not_know_is_refused_at_once(wrong):
    with pytest.raises(ConfigError):
        WandbLogger(**wrong)


def test_disabled_writes_nothing(tmp_path):
    logger = WandbLogger(mode="disabled")
    logger.start("f", {}, tmp_path)
    logger.log({"x": 1}, 1)
    logger.log_script("s", 1)
    logger.log_table("t", [{"a": 1}], 1)
    logger.close()
    assert not list(tmp_path.rglob("*.wandb"))


@pytest.mark.parametrize("answers", [False, True])
def test_no_network_neither_holds_up_the_run_nor_its_end(tmp_path, answers):
    """A port that nobody listens at, and one where nobody answers."""
    code = """
        import sys, time
        from langprop.loggers.wandb import WandbLogger
        logger = WandbLogger(mode="online", dir=sys.argv[1], patience=2)
        start = time.monotonic()
        logger.start("f", {})
        for step in range(100):
            try:
                logger.log({"x": 1}, step)
            except Exception:
                pass
        assert time.monotonic() - start < 2, "the run was held up"
        try:
            logger.close()
        except Exception as error:
            print(type(error).__name__)
    """
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if answers:
            server.listen(50)
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        ended = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), tmp_path],
            check=True,
            capture_output=True,
            text=True,
            timeout=40,
            env={
                **os.environ,
                "WANDB_API_KEY": "k" * 40,
                "WANDB_BASE_URL": address,
            },
        )
    assert ended.stdout.strip() in ("CommError", "TimeoutError")
