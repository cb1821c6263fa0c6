"""The trainer says how well scripts are kept in, and refuses where that isn't enough."""

from __future__ import annotations

import sys

import pytest
import yaml

import langprop as lp
from langprop.errors import ConfigError, IsolationError
from langprop.executors.local import LocalExecutor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="isolation needs Linux")

DATA = [((number,), 2 * number) for number in range(4)]


class Double(lp.Module):
    entry_point = "double"
    stub = "def double(x: int) -> int: ..."
    seeds = ("def double(x): return 2 * x",)

    def score(self, output, label):
        return float(output == label)


def fit(tmp_path, **settings):
    settings = {"progress": False, "max_steps": 1, "run_dir": tmp_path / "run", **settings}
    trainer = lp.Trainer("mutation", **settings)
    trainer.fit(Double(), DATA)
    return trainer


@pytest.mark.parametrize(
    ("isolation", "levels"),
    [("auto", (2, 3)), ("sealed", (2, 3)), ("process", (1,)), ("none", (0,))],
)
def test_the_run_tells_its_isolation(tmp_path, isolation, levels):
    trainer = fit(tmp_path, isolation=isolation)
    assert trainer.isolation.level in levels
    config = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())
    assert config["isolation"]["level"] == trainer.isolation.level
    assert config["isolation"]["mode"] == isolation


def test_too_little_is_refused_before_anything_is_written(tmp_path):
    weak = LocalExecutor(1, isolation="process", require_level=2)
    with weak, pytest.raises(IsolationError, match="isolation='process'"):
        fit(tmp_path, executor=weak)
    assert not (tmp_path / "run").exists()


def test_the_display_says_it(tmp_path, capsys):
    fit(tmp_path, progress=True, isolation="process")
    told = " ".join(capsys.readouterr().out.split())
    assert "isolation: L1 process" in told
    assert "scripts could read files" in told


def test_settings_that_do_not_go_together(tmp_path):
    with pytest.raises(ConfigError, match="auto, sealed, bwrap, process, none"):
        fit(tmp_path, isolation="docker")
    with pytest.raises(ConfigError, match="doesn't go with executor=InlineExecutor"):
        fit(tmp_path, isolation="sealed", executor=lp.InlineExecutor())
    with pytest.raises(ConfigError, match="doesn't go with executor=inline"):
        fit(tmp_path, isolation="sealed", executor="inline")


def test_where_it_does_not_work(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(IsolationError, match="type isolation='none'"):
        fit(tmp_path)
    assert fit(tmp_path, isolation="none").isolation.level == 0
