"""Figures, settings, tables and ids as other programs take them."""

import json
import math
import sys

import numpy as np
import pytest

from langprop.errors import MissingDependency
from langprop.loggers import JSONLogger, Logger, failures
from langprop.loggers.figures import MAX_TEXT, key, numbers, plain, settings, texts
from langprop.loggers.ids import recall, remember
from langprop.loggers.table import as_json, columns_of, markdown
from langprop.population.policy import Policy
from langprop.population.record import Record
from langprop.registry import names, resolve
from langprop.scripts.script import Script


def test_numbers_and_texts_are_told_apart(steps):
    found = numbers(steps[0])
    assert math.isnan(found.pop("gap"))
    assert found == {
        "train/best": 0.25,
        "train/mean": 0.125,
        "records/ok": 11,
        "worst": -math.inf,
        "huge": math.inf,
        "cost/usd": 0.5,
        "cost/tokens": 3,
        "flag": True,
    }
    assert texts(steps[0]) == {"best": "id1", "odd": "<class 'object'>"}


def test_settings_are_flat(config):
    found = settings(config)
    assert found["trainer.max_steps"] == 7
    assert found["optimizer.llms"] == "['a', 'b']"
    assert "trainer.max_time" not in found
    assert len(found["stub"]) == MAX_TEXT
    assert found["stub"].endswith("…")


def test_anything_becomes_json(config):
    loop: dict = {}
    loop["loop"] = loop
    value = plain({**config, "set": {1}, "loop": loop, 3: np.float32(0.5), "text": "\ud800"})
    assert json.loads(json.dumps(value, allow_nan=True))["3"] == 0.5
    assert value["text"] == "?"
    assert settings(loop)  # ends


def test_names_that_services_refuse():
    assert key("train/best") == "train/best"
    assert key("a:b\nü") == "a_b__"
    assert key("") == "_"
    assert len(key("x" * 999)) == 250


def test_columns_hold_one_kind_each(rows):
    columns, data = columns_of(rows)
    assert columns == ["status", "exception", "count", "sample"]
    assert [row[2] for row in data] == [3, 1, None]
    assert [row[3] for row in data] == [None, "2", "two"]
    assert data[2][1] == "??"
    assert columns_of([]) == ([], [])


def test_a_table_in_markdown_can_not_be_broken_out_of(rows):
    lines = markdown(rows).splitlines()
    assert len(lines) == 5
    assert all(line.count("|") == 5 for line in lines)
    assert "<" not in markdown(rows)
    assert "`" not in markdown(rows)
    assert markdown([]) == "*empty*"


def test_a_table_as_json(rows):
    table = json.loads(as_json(rows))
    assert table["columns"][0] == "status"
    assert len(table["data"]) == 3


def policy(source, *records):
    made = Policy(Script(source, "f"))
    made.tell(records)
    return made


def test_failures_are_counted_by_status_and_last_line():
    trace = "line 3, in f\n  x / 0\nZeroDivisionError: division by zero"
    first = policy(
        "a = 1",
        Record(0, "ok", 1.0),
        Record(1, "exception", 0.0, exception=trace),
        Record(2, "exception", 0.0, exception="other line\n" + trace),
        Record(3, "timeout", 0.0),
    )
    second = policy("b = 1", Record(4, "exception", 0.0, exception=trace + "\n"))
    assert failures([first, second]) == [
        {
            "status": "exception",
            "exception": "ZeroDivisionError: division by zero",
            "count": 3,
            "policies": 2,
            "policy": first.id,
            "sample": 1,
        },
        {
            "status": "timeout",
            "exception": "",
            "count": 1,
            "policies": 1,
            "policy": first.id,
            "sample": 3,
        },
    ]
    assert failures([]) == []


def test_failures_of_all_sorts_are_cut():
    made = policy(
        "a = 1", *(Record(n, "exception", 0.0, exception=f"E{n}" * 999) for n in range(99))
    )
    assert len(failures([made])) == 50
    assert len(failures([made])[0]["exception"]) == 300


def test_ids_are_kept_in_the_run_folder(tmp_path):
    assert recall(tmp_path, "wandb") is None
    assert recall(None, "wandb") is None
    remember(None, "wandb", "x")
    remember(tmp_path, "wandb", "x")
    remember(tmp_path, "mlflow", "y")
    assert (recall(tmp_path, "wandb"), recall(tmp_path, "mlflow")) == ("x", "y")


@pytest.mark.parametrize("damage", [b"", b"[1]", b"{", b"\xff", b'"x"', b"null"])
def test_a_damaged_file_of_ids_is_none(tmp_path, damage):
    (tmp_path / "loggers.json").write_bytes(damage)
    assert recall(tmp_path, "wandb") is None
    remember(tmp_path, "wandb", "x")
    assert recall(tmp_path, "wandb") == "x"


def test_a_logger_of_ones_own_needs_log_only():
    class Mine(Logger):
        def log(self, metrics, step):
            self.seen = dict(metrics)

    mine = Mine()
    mine.start("f", {})
    mine.log({"x": 1}, 1)
    mine.log_script("s", 1)
    mine.log_table("t", [], 1)
    mine.close()
    assert mine.seen == {"x": 1}


def test_loggers_have_short_names(tmp_path):
    assert names("logger") == ["jsonl", "mlflow", "tensorboard", "wandb"]
    made = resolve("logger", f"jsonl:{tmp_path}/m.jsonl")
    assert isinstance(made, JSONLogger)


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("mlflow", "mlflow"),
        ("tensorboard", "tensorboard.compat.proto.event_pb2"),
        ("wandb", "wandb"),
    ],
)
def test_without_the_package_the_error_names_the_extra(name, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)  # as if it weren't installed
    with pytest.raises(MissingDependency, match=rf"pip install 'langprop\[{name}\]'"):
        resolve("logger", name)
