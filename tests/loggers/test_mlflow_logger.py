"""MLflowLogger: the real package, with a file as its store and with a server that never answers."""

import json
import math
import os
import socket
import subprocess
import sys
import textwrap

import pytest

from langprop.errors import ConfigError, MissingDependency
from langprop.loggers.mlflow import MLflowLogger

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
mlflow = pytest.importorskip(
    "mlflow.tracking", reason="mlflow isn't installed: pip install 'langprop[mlflow]'"
)
pytest.importorskip("sqlalchemy", reason="MLflow's file needs sqlalchemy and alembic")

# Packages below it use what newer ones deprecate.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # of the file that stays open
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store; to make one takes seconds."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where MLflow puts files of a store without a place for them
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)


@pytest.fixture
def client(store):
    return mlflow.MlflowClient(tracking_uri=store)


def text(client, run_id, path, folder):
    from pathlib import Path

    return Path(client.download_artifacts(run_id, path, str(folder))).read_text(encoding="utf-8")


def test_a_run_is_read_by_mlflow(client, tmp_path, play):
    logger = MLflowLogger(
        "trees", tracking_uri=client.tracking_uri, tags={"team": "a"}, patience=100
    )
    play(logger)
    experiment = client.get_experiment_by_name("trees")
    (found,) = client.search_runs([experiment.experiment_id])
    assert found.info.run_id == logger.run_id
    assert (found.info.run_name, found.info.status) == (tmp_path.name, "FINISHED")
    curve = client.get_metric_history(logger.run_id, "train/best")
    assert [(each.step, each.value) for each in curve] == [(1, 0.25), (2, 0.5), (3, 0.75)]
    assert math.isnan(found.data.metrics["gap"])
    assert found.data.metrics["worst"] < -1e300
    assert found.data.metrics["huge"] > 1e300
    assert "val/score" not in found.data.metrics
    assert found.data.params["trainer.max_steps"] == "7"
    assert (found.data.tags["best"], found.data.tags["team"]) == ("id3", "a")
    assert json.loads(text(client, logger.run_id, "config.json", tmp_path))["trainer"]["shuffle"]
    assert text(client, logger.run_id, "best.py", tmp_path) == play.script
    assert text(client, logger.run_id, "scripts/step-000003.py", tmp_path) == play.script
    table = json.loads(text(client, logger.run_id, "failures.json", tmp_path))
    assert table["data"][0][0] == "exception"
    assert json.loads(found.data.tags["mlflow.loggedArtifacts"]) == [
        {"path": "failures.json", "type": "table"}
    ]
    assert "mlflow.source.git.commit" not in found.data.tags


def test_a_run_that_goes_on_keeps_its_id(store, client, tmp_path):
    ids = []
    for resume, step in ((False, 1), (True, 2)):  # two processes, say
        logger = MLflowLogger(tracking_uri=store, patience=100)
        logger.start("f", {"steps": step}, tmp_path, resume=resume)
        logger.log({"x": step}, step)
        logger.close()
        ids.append(logger.run_id)
    assert ids[0] == ids[1]
    assert [each.value for each in client.get_metric_history(ids[0], "x")] == [1.0, 2.0]
    client.delete_run(ids[0])
    logger.start("f", {}, tmp_path, resume=True)
    logger.log({"x": 3}, 3)
    logger.close()
    assert logger.run_id != ids[0]


def test_many_figures_and_settings(store, client):
    logger = MLflowLogger(tracking_uri=store, patience=100)
    logger.start("f", {f"s{n}": n for n in range(250)})
    logger.log({f"x:{n}": n for n in range(1500)} | {f"t{n}": "t" for n in range(3)}, 1)
    logger.close()
    data = client.get_run(logger.run_id).data
    assert len(data.metrics) == 1500
    assert data.metrics["x_7"] == 7
    assert len(data.params) == 250


def test_an_experiment_that_was_deleted(store, client):
    client.delete_experiment(client.create_experiment("gone"))
    logger = MLflowLogger("gone", tracking_uri=store, patience=100)
    logger.start("f", {})
    with pytest.raises(ConfigError, match="was deleted"):
        logger.close()


def test_a_store_that_there_is_not():
    logger = MLflowLogger(tracking_uri="nowhere://x", patience=100)
    logger.start("f", {})
    with pytest.raises(ConfigError, match="nowhere://x"):
        logger.close()


def test_the_environment_names_store_and_experiment(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "e")
    logger = MLflowLogger()
    assert (logger.tracking_uri, logger.experiment) == ("http://127.0.0.1:9", "e")


def test_a_file_needs_what_the_extra_brings(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"langprop\[mlflow\]"):
        MLflowLogger(tracking_uri="sqlite:///x.db")


def test_no_network_neither_holds_up_the_run_nor_its_end(tmp_path):
    code = """
        import sys, time
        from langprop.loggers.mlflow import MLflowLogger
        logger = MLflowLogger(tracking_uri=sys.argv[1], patience=1)
        start = time.monotonic()
        logger.start("f", {})
        for step in range(100):
            logger.log({"x": 1}, step)
        assert time.monotonic() - start < 2, "the run was held up"
        try:
            logger.close()
        except Exception as error:
            print(type(error).__name__)
    """
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        ended = subprocess.run(
            [
                sys.executable,
                "-c",
                textwrap.dedent(code),
                f"http://127.0.0.1:{server.getsockname()[1]}",
            ],
            check=True,
            capture_output=True,
            text=True,
            timeout=40,
        )
    assert ended.stdout.strip() == "TimeoutError"
