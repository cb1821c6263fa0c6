"""`langprop prompt`, as a user types it."""

import json
import subprocess
import sys
import textwrap

import pytest

from langprop.cli.main import main
from langprop.scripts.script import Script

PROGRAM = """
import langprop as lp

@lp.module(score=lp.exact_match)
def double(x: int) -> int:
    '''Return twice the number.'''
    return x + 1

@lp.module
def empty(x: int) -> int:
    '''Return the number.'''

train = [((n,), 2 * n) for n in range(1, 9)]

class Own(lp.Module):
    stub = "def own(x: int) -> int: ..."

    def train_data(self):
        return iter(train)

    def score(self, output, label):
        return float(output == label)

own = Own()

@lp.module(depends=[empty])
def caller(x: int) -> int:
    '''Call another.'''
"""

CONFIG = """
module: task.py:double
train: task.py:train
optimizer: openai:gpt-5-mini
limits: {time: 2.0}
"""


@pytest.fixture
def task(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "task"
    folder.mkdir()
    (folder / "task.py").write_text(textwrap.dedent(PROGRAM))
    (folder / "config.yaml").write_text(CONFIG)
    return folder


@pytest.fixture
def templates(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "update.jinja").write_text(
        "%% SYSTEM\nBe brief.\n%% USER\n{{ function_name }} gave {{ outputs }} for {{ inputs }}, "
        "not {{ label }}.{{ exception }}"
    )
    return folder


def test_the_seed_is_judged_without_a_key(task):
    result = subprocess.run(
        [sys.executable, "-m", "langprop", "prompt", "task"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("update prompt of double, template update.jinja\n")
    assert "── system · " in result.stdout
    assert "return x + 1" in result.stdout
    assert "8 of 8 answered: 1 right, 7 wrong" in result.stdout
    assert "characters ≈ " in result.stdout
    assert result.stderr == "note: the seed script: judged on 8 samples\n"


def show(capsys, *arguments):
    assert main(["prompt", *map(str, arguments)]) == 0
    return capsys.readouterr()


def test_one_sample(task, capsys):
    shown = show(capsys, "task", "--sample", 4).out
    assert "x = 5\n" in shown
    assert "over 1 sample;" in shown


@pytest.mark.parametrize("name", ["setup", "crossover", "repair", "continuation"])
def test_the_other_prompts(task, capsys, name):
    assert f"{name} prompt of double" in show(capsys, "task", "--name", name).out


def test_edits_and_feedback(task, capsys):
    shown = show(capsys, "task", "--edit", "search_replace", "--feedback", "contrast").out
    assert "<<<<<<< SEARCH" in shown
    assert "## A similar sample on which it did better" in shown


def test_modules_by_import_string(task, capsys):
    shown = show(capsys, "task/task.py:own")
    assert "def own(x: int) -> int" in shown.out
    assert "the empty stub: judged on 8 samples" in shown.err
    shown = show(capsys, "task/task.py:empty", "--train", "task/task.py:train", "--sample", 2)
    assert "x = 3\n" in shown.out
    shown = show(capsys, "task/task.py:caller", "--train", "task/task.py:train")
    assert "no script was judged, so that no sample is shown: 'caller' calls 'empty'" in shown.err
    shown = show(capsys, "task/task.py:empty")
    assert "no training data is known" in shown.err
    assert "x = " not in shown.out


def test_scripts_and_templates_of_ones_own(task, templates, capsys):
    (task / "mine.py").write_text("def double(x):\n    return {}[x]\n")
    shown = show(capsys, "task", "--policy", "task/mine.py", "--prompts", "templates", "--json")
    messages = json.loads(shown.out)
    assert [message["role"] for message in messages] == ["system", "user"]
    assert "KeyError: " in messages[1]["content"]


def test_a_run(task, capsys):
    arguments = ["task", "--optimizer", "mutation", "--max_steps", "2", "--progress", "false"]
    assert main(["fit", *arguments, "--run_dir", "run"]) == 0
    capsys.readouterr()
    shown = show(capsys, "run")
    assert "to see them (--task run/fit.yaml)" in shown.err
    assert "Its mean score was " in shown.out
    assert "judged on 8 samples" in show(capsys, "run", "--task", "run/fit.yaml").err
    shown = show(capsys, "run", "--task", "task")
    assert "judged on 8 samples" in shown.err
    policy = shown.err.split()[1]
    assert policy in show(capsys, "run", "--task", "task", "--policy", policy).err
    assert main(["prompt", "run", "--task", "task", "--policy", "zz"]) == 1
    assert "scripts have an id that begins with 'zz'" in capsys.readouterr().err
    assert main(["prompt", "run", "--task", "task/task.py:own"]) == 1
    assert "trained 'double'" in capsys.readouterr().err


def test_templates_with_variables(templates, capsys):
    shown = show(capsys, templates)
    assert "ZeroDivisionError" in shown.out
    assert "the variables are an example" in shown.err
    given = {"function_name": "f", "args": [3], "outputs": 5, "label": 6}
    expected = "f gave 5 for {'argument 1': 3}, not 6."
    for text in (json.dumps(given), repr(given)):
        shown = show(capsys, templates, "--sample", text)
        assert expected in shown.out
        assert shown.err == ""
    (templates / "one.json").write_text(json.dumps(given))
    assert expected in show(capsys, templates, "--sample", templates / "one.json").out
    reason = '{"reason": "3 more"}'
    assert "3 more" in show(capsys, templates, "--name", "repair", "--sample", reason).out


def test_the_paper_s_templates(tmp_path, capsys):
    (tmp_path / "setup.txt").write_text("%% SYSTEM\nYou write Python.\n%% USER\n{{ label }} !\n")
    assert "\n0 !" in show(capsys, tmp_path).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["task", "--sample", "99"], "there is no training sample 99: there are 8."),
        (["task", "--sample", "nowhere.json"], "is no number, no file that can be read"),
        (["task", "--sample", "{oops"], "--sample is neither JSON"),
        (["task", "--feedback", "wurst"], "there is no feedback named 'wurst'. Did you mean"),
        (["task", "--prompts", "task"], "task holds no setup.jinja"),
        (["task", "--max-tokens", "9"], "max_tokens must be at least 500"),
        (["task", "--task", "task"], "--task goes with the folder of a run"),
        (["task", "--name", "setup", "--policy", "x"], "setup has no script yet"),
        (["task/task.py:empty", "--sample", "0"], "there is no sample 0: the module brings no"),
        (["nowhere"], "'nowhere' is no folder"),
        (["."], "holds neither a config.yaml, nor a run, nor a template"),
        (["templates", "--sample", "1"], "is a folder of templates and has no samples"),
        (["templates", "--sample", "[1]"], "--sample '[1]' is no number"),
        (["templates", "--sample", '{"args": 3}'], "args is a list"),
        (["templates", "--sample", '{"score": "much"}'], "score a number"),
        (["templates", "--prompts", "broken"], "update.jinja, line 2: 'nothing' is undefined"),
    ],
)
def test_what_goes_wrong_is_told_in_words(task, templates, capsys, arguments, words):
    broken = templates.parent / "broken"
    broken.mkdir()
    (broken / "update.jinja").write_text("Hello\n{{ nothing + 1 }}")
    assert main(["prompt", *arguments]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("module: [", "config.yaml can't be read"),
        ("3", "holds no settings"),
        ("train: task.py:train", "names no module"),
        ("module: task.py:train", "is a list, not a langprop Module"),
        ("{module: 'task.py:double', limits: {speed: 3}}", "limits of the configuration"),
        ("{driven: false, policy: 3}", "policy must be settings such as"),
        ("{driven: false, policy: {speed: 3}}", "policy of the configuration doesn't fit"),
    ],
)
def test_configurations_that_can_not_be_used(task, capsys, config, words):
    (task / "config.yaml").write_text(config)
    assert main(["prompt", "task"]) == 1
    assert words in capsys.readouterr().err


def test_the_optimizer_s_way_of_asking(task, capsys):
    config = CONFIG.replace(
        "optimizer: openai:gpt-5-mini",
        "optimizer: {class_path: langprop.LLMOptimizer, init_args: {llm: 'openai:gpt-5-mini', "
        "feedback: diverse, edit: search_replace}}",
    )
    (task / "config.yaml").write_text(config)
    shown = show(capsys, "task").out
    assert "<<<<<<< SEARCH" in shown
    assert "## Sample 1 of 3" in shown
    assert "## One of the samples" in show(capsys, "task", "--feedback", "worst").out


def test_a_checkpoint_of_the_paper_s_code(task, capsys):
    import langprop as lp

    class Halve(lp.Module):
        stub = "def halve(x: int) -> float: ..."

    module = Halve()
    module.population.add([Script("def halve(x):\n    return x / 2\n", "halve")])
    module.to_reference("run/ckpt/1/halve")
    shown = show(capsys, "run/ckpt/1/halve")
    assert "`halve`" in shown.out
    assert "return x / 2" in shown.out
    assert "the sample is an example" in shown.err
    assert main(["prompt", "run/ckpt/1"]) == 1
    assert "the folder 'halve' in it does" in capsys.readouterr().err
    assert main(["show", "run/ckpt/1/halve"]) == 1
    assert "Module.from_reference" in capsys.readouterr().err


def test_a_function_is_called_as_its_source_calls_it(templates, capsys):
    given = {"code": "def f(x): ...", "args": [3], "outputs": 5, "label": 6}
    assert "f gave 5 for" in show(capsys, templates, "--sample", json.dumps(given)).out
