"""Curves of a run, drawn from its figures alone."""

import json
import math
import subprocess
import sys

import pytest

import langprop as lp
from langprop.errors import CheckpointError
from langprop.trainer.curves import draw_curves

pytest.importorskip("matplotlib")

STEP = {"step": 1, "train/best": 1.0, "train/mean": 0.5, "evaluations": 8, "records/ok": 8}


def run_of(folder, lines):
    folder.mkdir(exist_ok=True)
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    (folder / "metrics.jsonl").write_text(text)
    return folder


def names(paths):
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
    return [path.stem for path in paths]


def test_curves_of_a_real_run(tmp_path):
    @lp.module
    def double(x: int) -> int:
        """Return twice the number."""

    data = [((n,), 2 * n) for n in range(8)]
    trainer = lp.Trainer(
        "random", max_steps=2, batch_size=4, val_interval=1, executor="inline", progress=False,
        run_dir=tmp_path / "run", limits=lp.Limits(time=1.0),
    )  # fmt: skip
    trainer.fit(double, data, data)
    before = {path.name for path in (tmp_path / "run").iterdir()}
    assert names(draw_curves(tmp_path / "run", tmp_path / "a/b")) == ["score", "records"]
    assert {path.name for path in (tmp_path / "run").iterdir()} == before


def test_what_there_is_to_be_seen(tmp_path):
    lines = []
    for step in range(1, 30):
        spent = {"cost/usd": step * 0.01, "cost/tokens": step * 1000}
        parts = {"train/best/acc$uracy": 0.5, "train/best/_speed": 1.0}
        lines.append({**STEP, **spent, **parts, "step": step, "evaluations": 8 * step})
        lines.append(
            {"step": step, "val/score": 0.4, "val/stderr": 0.1, "val/acc$uracy": 0.3,
             "evaluations": 8 * step + 4}
        )  # fmt: skip
    made = draw_curves(run_of(tmp_path / "$run_$", lines), tmp_path / "out")
    assert names(made) == ["score", "objectives", "cost", "records"]


@pytest.mark.parametrize(
    "more",
    [
        [],
        ["3", "null", '{"step": 2, "trai'],
        [{**STEP, "step": 2, "train/best": math.nan, "train/mean": math.inf}],
        [{**STEP, "step": 2, "train/best": 1.7e308, "train/mean": -1.7e308}],
        [{**STEP, "step": 2, "train/best": 10**400}],
        [{"step": 2, "train/best": 3}],
        [{"step": None, "train/best": "x", "val/score": [], "evaluations": {}}],
        [{"step": 1, "val/score": 1, "evaluations": 9}, {"step": 1, "val/score": 2}],
        [{**STEP, "records/": 1, "records/odd": "many", "cost/usd": 0, "cost/tokens": True}],
    ],
)
def test_odd_figures_are_passed_over(tmp_path, more):
    made = draw_curves(run_of(tmp_path / "run", [STEP, *more]), tmp_path)
    assert names(made) == ["score", "records"]


def test_a_run_of_ten_thousand_steps(tmp_path):
    lines = [{**STEP, "step": n, "evaluations": n} for n in range(1, 10_001)]
    assert len(draw_curves(run_of(tmp_path / "run", lines), tmp_path)) == 2


@pytest.mark.parametrize("lines", [[], ["x"], [{"step": 1, "val/score": 1.0, "evaluations": 1}]])
def test_nothing_to_draw(tmp_path, lines):
    with pytest.raises(CheckpointError, match="nothing to draw yet"):
        draw_curves(run_of(tmp_path / "run", lines), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_run_at_all(tmp_path):
    with pytest.raises(CheckpointError, match="is no folder"):
        draw_curves(tmp_path / "nothing", tmp_path)


def test_a_place_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="can't be written"):
        draw_curves(run_of(tmp_path / "run", [STEP]), tmp_path / "file/plots")


def test_a_full_disk_leaves_no_half_pictures(tmp_path):
    """The limit on the size of a file stands for a disk that is full."""
    run_of(tmp_path / "run", [STEP])
    code = f"""if True:
        import resource, signal
        import matplotlib.figure, matplotlib.backends.backend_agg, matplotlib.font_manager
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
        from langprop.errors import CheckpointError
        from langprop.trainer.curves import draw_curves
        try:
            draw_curves({str(tmp_path / "run")!r}, {str(tmp_path / "out")!r})
        except CheckpointError as error:
            print(error)
    """
    ended = subprocess.run(
        [sys.executable, "-B", "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert "can't be written" in ended.stdout
    assert not list((tmp_path / "out").iterdir())
