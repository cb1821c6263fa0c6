"""`langprop doctor`: what this machine offers."""

import json
import subprocess
import sys

import pytest

from langprop.cli.machine import KEYS, disk, extras, prices
from langprop.cli.main import main

SECRET = "sk-very-secret-9a8b7c6d"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What it prints, in words and as JSON, with all keys set."""
    where = tmp_path_factory.mktemp("doctor")
    with pytest.MonkeyPatch.context() as patch:
        for group in KEYS.values():
            for name in group:
                patch.setenv(name, SECRET)
        patch.setenv("GROQ_API_KEY", "  ")
        patch.delenv("MISTRAL_API_KEY")
        yield where, patch


def test_it_tells_what_there_is_and_no_key(told, capsys):
    where, patch = told
    patch.delenv("LANGPROP_PRICES")
    assert main(["doctor", "--runs", str(where / "not/there")]) == 0
    text = capsys.readouterr().out
    assert SECRET not in text
    assert "OPENAI_API_KEY" in text
    assert "not set" in text
    assert "GB free" in text
    assert "prices of models: of 20" in text
    assert "Training runs with isolation" in text


def test_as_json(told, capsys):
    where, patch = told
    patch.setenv("LANGPROP_PRICES", str(where / "nothing.yaml"))
    assert main(["doctor", "--json", f"--runs={where}"]) == 0
    text = capsys.readouterr().out
    assert SECRET not in text
    found = json.loads(text)
    assert found["trains"] is True
    assert found["isolation"]["auto"]["level"] >= 2
    assert found["keys"]["OPENAI_API_KEY"] is True
    assert found["keys"]["GROQ_API_KEY"] is found["keys"]["MISTRAL_API_KEY"] is False
    assert set(found["keys"].values()) == {True, False}
    assert found["runs"]["free_bytes"] > 0
    assert "nothing.yaml" in found["prices"]["error"]


def test_a_parent_that_ignores_the_ends_of_processes_changes_nothing():
    code = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); "
    code += "os.execv(sys.executable, [sys.executable, '-m', 'langprop', 'doctor', '--json'])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = json.loads(run.stdout)
    assert found["isolation"]["auto"]["level"] >= 2
    assert "No child processes" not in run.stdout


def test_it_fails_where_training_would_refuse_to_run(capsys, monkeypatch):
    from langprop.executors.local import LocalExecutor
    from langprop.sandbox.isolation import Isolation

    monkeypatch.setattr(LocalExecutor, "isolation", Isolation("auto", 1))
    assert main(["doctor"]) == 1
    assert "refuses to run here" in capsys.readouterr().out
    assert main(["doctor", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["refusal"]


def test_extras():
    found = extras()
    assert found["gym"]["gymnasium"]
    assert "dev" not in found
    assert set(found) >= {"openai", "anthropic", "litellm", "wandb", "mlflow", "data", "qd"}


def test_prices_have_a_date(monkeypatch):
    monkeypatch.delenv("LANGPROP_PRICES", raising=False)
    found = prices()
    assert found["date"].startswith("20")
    assert found["error"] == ""


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "runs").write_text("")
    assert "is no folder" in disk(tmp_path / "runs")["error"]
    assert disk(tmp_path / "new")["error"] == ""
