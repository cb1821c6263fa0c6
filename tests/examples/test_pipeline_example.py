"""The pipeline example: training finds which of two functions has the fault."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import langprop as lp
from langprop.cli.main import main
from langprop.testing.server import ScriptedServer

FOLDER = Path(__file__).parents[2] / "examples" / "pipeline"
MENDED = """def parse(line):
    count, _, _, price = line.split()
    return int(count) * float(price)
"""


def fit(seed, optimizer="mutation", **settings):
    names = runpy.run_path(str(FOLDER / "pipeline.py"))
    stop = lp.EarlyStopping("val/score", target=1.0)
    limits = lp.Limits(time=0.3, failures=1)
    trainer = lp.Trainer(
        optimizer,
        train_depends=True,
        batch_size=None,
        max_epochs=None,
        max_steps=60,
        limits=limits,
        callbacks=[stop],
        progress=False,
        seed=seed,
        executor="inline",
        **{"run_dir": False, **settings},
    )
    trainer.fit(names["total"], names["train"], names["val"])
    modules = [names["parse"], names["total"]]
    changed = [each.entry_point for each in modules if each.source != each.seeds[0]]
    return trainer, names, changed


@pytest.mark.parametrize("seed", range(3))
def test_only_the_function_with_the_fault_is_changed(seed):
    trainer, _, changed = fit(seed)
    assert trainer.stopped == "val/score reached 1 (target 1)"
    assert changed == ["parse"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 23))
def test_only_the_function_with_the_fault_is_changed_with_other_seeds(seed):
    test_only_the_function_with_the_fault_is_changed(seed)


def test_a_language_model_is_shown_the_calls_of_the_function(tmp_path):
    def answer(request):
        parse = "improve the Python function `parse`" in request.prompt
        source = MENDED if parse else "def total(lines, rebate):\n    return 0.0\n"
        return f"It is clear.\n\n```python\n{source}```"

    with ScriptedServer(answer) as server:
        llm = lp.OpenAILLM("scripted", base_url=server.base_url, api_key="none")
        optimizer = lp.LLMOptimizer(llm, n_parents=1, n_children=1)
        trainer, names, changed = fit(0, optimizer, run_dir=tmp_path / "run")
        prompt = next(each.prompt for each in server.requests if "function `parse`" in each.prompt)
    assert changed == ["parse"]
    assert trainer.step == 1
    assert names["parse"].source == MENDED
    assert "One of the samples with the lowest score\n\nScore: 0\n" in prompt
    assert "total called parse(line = '" in prompt
    assert "It is judged by what `total` makes of its answers" in prompt
    assert "1 for the right sum, else 0." in prompt
    assert "The score is that of total([" in prompt
    assert "What is known of the right answer of `total`: " in prompt
    assert lp.load(tmp_path / "run").standalone.count("def ") == 2


def test_from_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    options = ["--max_steps=1", "--isolation=none", "--progress=false", "--run_dir=run"]
    assert main(["fit", str(FOLDER), *options]) == 0
    assert "saved in run" in capsys.readouterr().out
    kept = yaml.safe_load((tmp_path / "run/fit.yaml").read_text())
    assert kept["train_depends"] is True
    assert yaml.safe_load((tmp_path / "run/config.yaml").read_text())["trainer"]["train_depends"]
    assert main(["fit", "--resume", "run", "--max_steps=2", "--progress=false"]) == 0
    assert main(["export", "run", "out.py"]) == 0
    text = (tmp_path / "out.py").read_text()
    assert "def parse" in text
    assert "def total" in text


@pytest.mark.slow
def test_the_script_says_which_one_was_mended(tmp_path):
    done = subprocess.run(
        [sys.executable, str(FOLDER / "pipeline.py")],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=200,
    )  # fmt: skip
    assert "mended:\ndef parse(" in done.stdout
    assert "right:\ndef total(" in done.stdout
