"""The examples of reinforcement learning begin, and reach what their READMEs say."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import langprop as lp

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ["mountaincar", "acrobot", "pendulum", "lunarlander"]
BOX2D = pytest.mark.skipif(
    importlib.util.find_spec("Box2D") is None, reason="pip install 'gymnasium[box2d]'"
)


def with_marks(names):
    return [pytest.param(name, marks=BOX2D if name == "lunarlander" else ()) for name in names]


def fit(folder, name, *options):
    return subprocess.run(
        [sys.executable, "-m", "langprop", "fit", str(EXAMPLES / name), *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def module_of(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / name / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded.module


def scores(name, body, seeds=range(4)):
    """What a policy written by hand gets."""
    module = module_of(name)
    script = lp.Script(f"{module.stub}\n{body}", module.entry_point)
    records = lp.evaluate(module, [script], seeds, lp.InlineExecutor())[script.id]
    assert [record.status for record in records] == ["ok"] * len(records), records[0].exception
    return [record.score for record in records]


@pytest.mark.parametrize("name", with_marks(NAMES))
def test_one_small_step_of_each(name, tmp_path):
    few = ["--optimizer=langprop.MutationOptimizer", "--optimizer.n_parents=2"]
    few += ["--optimizer.n_children=2", "--batch_size=1"]
    run = fit(tmp_path, name, "--fast_dev_run=true", *few)
    assert run.returncode == 0, run.stderr
    # A score of its own isn't called a return.
    what = "test score" if name == "mountaincar" else "return over fresh episodes"
    assert f"\n{what}: -" in run.stdout
    assert "over 1 samples" in run.stdout


@pytest.mark.parametrize("name", with_marks(NAMES))
def test_script_and_config_agree(name):
    # Both are shown to users, as two ways of the same training.
    config = yaml.safe_load((EXAMPLES / name / "config.yaml").read_text())
    source = (EXAMPLES / name / f"{name}.py").read_text()
    assert len(source.splitlines()) <= 42
    settings = {key: config[key] for key in ("max_time", "batch_size", "val_interval")}
    settings["target"] = config["callbacks"][0]["init_args"]["target"]
    for key, value in settings.items():
        assert re.search(rf"{key}\"?[=:] ?{value}\b", source), (key, value)
    assert ("fit(module, starts)" in source) == ("train" in config)


def test_a_car_that_comes_closer_to_the_flag_scores_higher():
    idle = scores("mountaincar", "    return 1")
    pushing = scores("mountaincar", "    return 2")
    swinging = scores("mountaincar", "    return 2 if velocity > 0 else 0")
    # None of the first two reaches the flag, and each has the return -200.
    assert max(idle) < min(pushing) < -200 < min(swinging)
    assert all(score == int(score) for score in swinging)  # the return, where the flag is reached


def test_too_large_a_torque_of_the_pendulum_is_cut():
    assert scores("pendulum", "    return 1e6") == scores("pendulum", "    return 2.0")
    assert scores("pendulum", "    return -1e6") == scores("pendulum", "    return -2.0")


def test_a_swinging_acrobot_reaches_the_height():
    swinging = scores("acrobot", "    return 0 if upper_velocity > 0 else 2")
    idle = scores("acrobot", "    return 1")
    assert idle == [-500.0] * 4
    assert min(swinging) > -500


@BOX2D
# SWIG's modules crash on import where this warning is an error.
@pytest.mark.filterwarnings("ignore:builtin type swig:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:builtin type Swig:DeprecationWarning")
def test_a_lander_that_only_coasts_crashes():
    assert max(scores("lunarlander", "    return 0")) < 0


@pytest.mark.slow
@pytest.mark.parametrize(("name", "least"), [("mountaincar", -130), ("acrobot", -100)])
def test_learning_from_nothing_comes_close(name, least, tmp_path):
    run = fit(tmp_path, name, "--run_dir=run")
    assert run.returncode == 0, run.stderr
    found = re.search(r"^(?:return over fresh episodes|test score): (-?[\d.]+)", run.stdout, re.M)
    assert float(found[1]) >= least
