"""`langprop fit --env`, what can be done with such a run, and pictures of runs."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest
import yaml

from langprop.cli.fit import parser
from langprop.cli.main import main
from langprop.cli.task import read_task

pytest.importorskip("gymnasium")

SHORT = [
    "--optimizer=langprop.MutationOptimizer", "--optimizer.n_parents=2",
    "--optimizer.n_children=3", "--workers=1", "--progress=false",
]  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of two steps."""
    folder = tmp_path_factory.mktemp("env")
    before = os.getcwd()  # noqa: PTH109 - restored below
    os.chdir(folder)
    try:
        arguments = ["--env", "CartPole-v1", *SHORT, "--max_steps=2", "--seed=3"]
        arguments.append("--env_args.max_episode_steps=15")
        assert main(["fit", *arguments, "--callbacks=[]", "--run_dir=run"]) == 0
    finally:
        os.chdir(before)
    return folder / "run"


@pytest.fixture
def run(trained, tmp_path, monkeypatch):
    """A copy of it, in the current folder."""
    shutil.copytree(trained, tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "run"


def test_settings_that_suit_an_environment_are_kept(run):
    kept = yaml.safe_load((run / "fit.yaml").read_text())
    assert (kept["env"], kept["module"]) == ("CartPole-v1", None)
    assert (kept["batch_size"], kept["val_interval"], kept["max_epochs"]) == (8, 2, None)
    assert (kept["max_steps"], kept["max_time"]) == (2, None)  # one end is enough
    assert kept["limits"]["time"] == 1.0


@pytest.mark.parametrize("command", ["validate", "test"])
def test_the_run_can_be_judged(run, capsys, command):
    assert main([command, "run", "--samples=4"]) == 0
    assert "policy, policy" in capsys.readouterr().out


def test_the_run_can_be_shown_called_and_exported(run, capsys):
    assert main(["show", "run"]) == 0
    assert "step 2" in capsys.readouterr().out
    assert main(["predict", "run", "0.0", "0.0", "0.1", "0.0"]) == 0
    assert capsys.readouterr().out.strip() in "01"
    assert main(["export", "run", "policy.py"]) == 0


@pytest.mark.parametrize("target", [["run"], ["--env", "CartPole-v1"], ["run/fit.yaml"]])
def test_what_a_model_would_be_asked(run, capsys, target):
    assert main(["prompt", *target, "--name=update"]) == 0
    shown = capsys.readouterr()
    assert "judged on 8 samples" in shown.err
    assert "CartPole" in shown.out
    assert "What is known of the right answer" not in shown.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "langprop prompt TARGET  or  --env ID"),
        (["run", "--env=CartPole-v1"], "langprop prompt TARGET  or  --env ID"),
        (["--env=CartPole-v1", "--task=run/fit.yaml"], "not with --env"),
        (["--env=CartPol-v1"], "CartPole-v1"),
    ],
)
def test_what_can_not_be_asked_about(run, capsys, arguments, words):
    assert main(["prompt", *arguments]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_the_run_can_be_resumed(run, capsys):
    assert main(["fit", "--resume", "run", "--max_steps=3", "--progress=false"]) == 0
    assert '"step": 3' in (run / "metrics.jsonl").read_text()
    assert "return over fresh episodes" in capsys.readouterr().out
    assert main(["fit", "--resume", "run", "--env", "Acrobot-v1"]) == 1
    assert "the run is of another stub" in capsys.readouterr().err


def test_an_end_by_time_and_a_target_where_the_user_says_nothing():
    made = parser()
    task = read_task(made, ["--env", "FrozenLake-v1"], command="fit", kept_in="fit.yaml")
    assert (task.settings.max_time, task.settings.max_epochs) == (60, None)
    (stop,) = task.ready.callbacks
    assert (stop.monitor, stop.target) == ("val/score", 0.7)  # as Gymnasium has it
    task = read_task(
        made, ["--env", "Pendulum-v1", "--max_epochs=10"], command="fit", kept_in="fit.yaml"
    )
    assert (task.settings.max_time, task.settings.max_epochs) == (None, 10)
    assert not task.ready.callbacks  # it has no threshold


SLOW = """
import time
import gymnasium as gym, numpy as np

class Slow(gym.Env):
    observation_space, action_space = gym.spaces.Box(0, 9, (1,)), gym.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        if seed is not None and seed >= 1_000_000:  # of the validation
            time.sleep(0.5)
        self.time = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.time += 1
        return np.zeros(1, np.float32), float(action), self.time > 3, False, {}

gym.register("Slow-v0", Slow)
"""


def test_the_validation_after_the_time_is_told_of_and_may_be_interrupted(tmp_path):
    (tmp_path / "slowly.py").write_text(SLOW)
    options = ["--env=slowly:Slow-v0", *SHORT, "--progress=true", "--max_time=3", "--run_dir=run"]
    process = subprocess.Popen(
        [sys.executable, "-um", "langprop", "fit", *options, "--val_interval=1000000"],
        stdout=subprocess.PIPE, text=True, start_new_session=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    lines = iter(process.stdout.readline, "")
    assert any(" · validating after max_time=3 s · " in line for line in lines)
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "go on with:  langprop fit --resume run" in text
    state = json.loads((tmp_path / "run/checkpoint.json").read_text())
    assert state["step"] > 0


def test_arguments_of_the_environment_are_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    given = {"max_episode_steps": 5, "map_name": "8x8", "is_slippery": False}
    arguments = [f"--env_args.{name}={str(value).lower()}" for name, value in given.items()]
    assert main(["fit", "--env", "FrozenLake-v1", *SHORT, *arguments, "--max_steps=1",
                 "--limit_batches=1"]) == 0  # fmt: skip
    settings = yaml.safe_load((tmp_path / "runs/policy/fit.yaml").read_text())
    assert settings["env_args"] == given


def test_an_environment_in_a_file_of_settings(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(
        "env: CartPole-v1\nenv_args: {max_episode_steps: 20}\nbatch_size: 3\nmax_steps: 1\n"
        "callbacks: []\n"
    )
    assert main(["fit", "config.yaml", *SHORT, "--run_dir=run"]) == 0
    kept = yaml.safe_load((tmp_path / "run/fit.yaml").read_text())
    assert (kept["batch_size"], kept["max_time"], kept["callbacks"]) == (3, None, [])
    assert kept["limits"]["time"] == 1.0
    assert main(["validate", "run", "--samples=2"]) == 0
    assert "score 20" in capsys.readouterr().out.replace(": 20", " score 20")


@pytest.fixture
def own_path(monkeypatch):
    """What an installed command finds: neither the current folder nor what other tests added."""
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path and "pytest" not in path])


BESIDE = """
import gymnasium as gym, numpy as np
from beside_neighbour import LAST

class Beside(gym.Env):
    observation_space, action_space = gym.spaces.Box(0, 9, (1,)), gym.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.time = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.time += 1
        return np.zeros(1, np.float32), 1.0, self.time >= LAST, False, {}

gym.register("Beside-v0", Beside)
"""


def test_an_environment_of_a_module_in_the_working_folder(tmp_path, monkeypatch, capsys, own_path):
    home, away = tmp_path / "home", tmp_path / "away"
    for folder in (home / "sub", away):
        folder.mkdir(parents=True)
    (home / "sub/beside.py").write_text(BESIDE)
    (home / "sub/beside_neighbour.py").write_text("LAST = 3")
    monkeypatch.chdir(home / "sub")
    assert main(["fit", "--env=beside:Beside-v0", *SHORT, "--max_steps=1", "--run_dir=run"]) == 0
    run = home / "sub/run"
    kept = yaml.safe_load((run / "fit.yaml").read_text())
    assert kept["env"] == f"{home}/sub/beside:Beside-v0"
    assert "in beside:Beside-v0" in (run / "best.py").read_text()
    # Nothing of this process helps another one that is called from elsewhere.
    for words in (
        ["validate", str(run), "--samples=2"],
        ["fit", "--resume", str(run), "--max_steps=2", "--progress=false"],
    ):
        done = subprocess.run(
            [sys.executable, "-c", "import langprop.cli.main as cli; cli.main()", *words],
            capture_output=True, text=True, check=False, cwd=away,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        assert done.returncode == 0, done.stderr
    assert '"step": 2' in (run / "metrics.jsonl").read_text()


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ("nowhere:Id-v0", "there is no module 'nowhere', neither in {} nor among what is inst"),
        ("sub/nowhere:Id-v0", "neither in {}/sub nor among"),
        ("beside.py:Beside-v0", "name the module,  beside:Beside-v0"),
        ("gymnasium:Beside-v7", "there is no environment 'gymnasium:Beside-v7'"),
    ],
)
def test_a_module_of_environments_that_is_not_there(tmp_path, monkeypatch, capsys, env, message):
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "--env", env]) == 1
    error = capsys.readouterr().err
    assert message.format(tmp_path) in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--env", "CartPol-v1"], "nearest: CartPole-v1"),
        (["--env", ""], "there is no environment"),
        (["--env", "ALE/Pong-v5"], "pip install ale-py"),
        (["--env", "CartPole-v1", "--env_args.nonsense=3"], "nonsense"),
        (["--env", "CartPole-v1", "--env_args.score=3"], "langprop init FOLDER --env CartPole-v1"),
        (
            ["--env", "CartPole-v1", "--env_args.max_episode_steps=0"],
            "must be a whole number, 1 or more",
        ),
        (["task.py:module", "--env", "CartPole-v1"], "leave out task.py:module"),
        (["task.py:module", "--env_args.x=1"], "--env_args goes with --env"),
        ([], "or  langprop fit --env ID"),
    ],
)
def test_mistakes_are_told_in_a_line(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main(["fit", *arguments]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert not list(tmp_path.iterdir())


# ---- pictures ----


def test_pictures_of_a_run(run, capsys, monkeypatch):
    assert main(["show", "run", "--plots"]) == 0
    out, error = capsys.readouterr()
    assert out.splitlines()[:2] == ["run/plots/score.png", "run/plots/records.png"]
    try:
        import pygame  # noqa: F401
    except ModuleNotFoundError:
        assert 'no best.gif: drawing CartPole-v1 needs a package: run  pip install "gym' in error
        assert not (run / "plots/best.gif").exists()
    else:
        assert (run / "plots/best.gif").read_bytes().startswith(b"GIF")


DRAWN = """
import gymnasium, langprop as lp, numpy as np
from gymnasium import spaces

class Dot(gymnasium.Env):
    observation_space, action_space = spaces.Box(0, 9, (1,)), spaces.Discrete(2)

    def __init__(self, render_mode=None):
        self.render_mode = render_mode

    def reset(self, *, seed=None, options=None):
        self.place = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.place += 1
        return np.zeros(1, np.float32), float(action), self.place > 5, False, {}

    def render(self):
        return np.full((8, 8, 3), 20 * self.place, np.uint8)

module = lp.EnvModule(Dot, "def act(place: float) -> int:\\n    'Act.'\\n    return 1\\n")
"""


def test_a_run_in_an_environment_is_filmed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dot.py").write_text(DRAWN)
    assert main(["fit", "dot.py:module", *SHORT, "--max_steps=1", "--batch_size=2",
                 "--run_dir=run"]) == 0  # fmt: skip
    capsys.readouterr()
    assert main(["show", "run", "--plots", "out/pictures"]) == 0
    out, error = capsys.readouterr()
    assert error == ""
    assert out.split() == [
        f"out/pictures/{name}" for name in ("score.png", "records.png", "best.gif")
    ]
    assert (tmp_path / "out/pictures/best.gif").read_bytes().startswith(b"GIF")
    fault = "    def render(self):\n        assert self.place != 3, 'gl lost'\n"
    (tmp_path / "dot.py").write_text(DRAWN.replace("    def render(self):\n", fault))
    sys.modules.pop("dot")
    assert main(["show", "run", "--plots"]) == 0
    out, error = capsys.readouterr()
    assert out.split() == ["run/plots/score.png", "run/plots/records.png"]
    assert error == "langprop: no best.gif: Dot can't be drawn: AssertionError: gl lost\n"
    (tmp_path / "dot.py").unlink()
    sys.modules.pop("dot")
    assert main(["show", "run", "--plots"]) == 0
    assert "no best.gif" in capsys.readouterr().err


def test_pictures_of_another_run(finished, tmp_path, capsys):
    folder = tmp_path / "plots"
    assert main(["show", str(finished / "runs/double"), "--plots", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["records.png", "score.png"]
    assert capsys.readouterr().err == ""


def test_pictures_of_nothing(tmp_path, capsys):
    assert main(["show", str(tmp_path / "nothing"), "--plots"]) == 1
    assert "there is no run folder" in capsys.readouterr().err
    assert not (tmp_path / "nothing").exists()


def test_only_what_is_the_return_is_called_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "task.py").write_text(
        "import langprop as lp\n"
        "plain = lp.EnvModule('CartPole-v1')\n"
        "length = lp.EnvModule('CartPole-v1', score=lambda episode: float(len(episode)))\n"
        "seeds = [1, 2, 3]\n"
    )
    few = [*SHORT, "--max_steps=1", "--limit_batches=1", "--batch_size=1", "--run_dir=false"]
    few += ["--isolation=none"]
    for target, more, what in (
        ("plain", [], "return over fresh episodes"),
        ("length", [], "test score"),
        ("plain", ["--test=task.py:seeds"], "test score"),
    ):
        assert main(["fit", f"task.py:{target}", *few, *more]) == 0
        assert f"\n{what}: " in capsys.readouterr().out
