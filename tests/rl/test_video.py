"""Videos of the best policy; the environment draws without any package."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import langprop as lp
from langprop.errors import EnvError, MissingDependency, ModuleError
from langprop.population.policy import Policy
from langprop.rl.video import record_video

Image = pytest.importorskip("PIL.Image")

STUB = 'def move(place: float):\n    """Move."""\n'


class Dot(gymnasium.Env):
    """A white row that moves down; ends at the bottom."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012 - as in Gymnasium
    observation_space = spaces.Box(0, 100, (1,), np.float64)
    action_space = spaces.Discrete(2)

    def __init__(self, render_mode=None, height=20, fault=""):
        self.render_mode, self.height, self.fault = render_mode, height, fault

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = 0
        return np.array([0.0]), {}

    def step(self, action):
        self.place += action
        if self.fault == "step" and self.place == 3:
            raise RuntimeError("broken")
        return np.array([float(self.place)]), 1.0, self.place >= self.height - 1, False, {}

    def render(self):
        if self.fault == "render" or (self.fault == "later" and self.place == 3):
            raise RuntimeError("no paint")
        if self.fault == "text":
            return "###"
        picture = np.zeros((self.height, 31, 3), np.uint8)
        picture[self.place] = 255
        return picture


def made(body="return 1", env=Dot, **kwargs):
    """A trained module."""
    module = lp.EnvModule(env, STUB, exception_score=-1.0, **kwargs)
    module.executor = lp.InlineExecutor()
    script = lp.Script(f"{STUB}    {body}\n", "move")
    module.population.add([script])
    module.population.tell(lp.evaluate(module, [script], [0], module.executor))
    return module


def frames(path):
    """Rows that are white, and the time of a picture [ms]."""
    with Image.open(path) as film:
        rows, pauses = [], []
        for number in range(film.n_frames):
            film.seek(number)
            rows.append(int(np.asarray(film.convert("L"))[:, 0].argmax()))
            pauses.append(film.info["duration"])
    return rows, pauses


def test_a_gif_shows_each_step(tmp_path):
    record = made().record(tmp_path / "new/film.gif")
    assert (record.status, record.score) == ("ok", 19)
    rows, pauses = frames(tmp_path / "new/film.gif")
    assert rows == list(range(20))
    assert set(pauses) == {100}
    assert [each.name for each in (tmp_path / "new").iterdir()] == ["film.gif"]


def test_a_gif_of_many_steps_keeps_the_pace_and_leaves_out_steps(tmp_path):
    module = made(height=2000, max_episode_steps=5000)
    module.record(tmp_path / "film.gif", fps=100)
    rows, pauses = frames(tmp_path / "film.gif")
    assert len(rows) <= 600
    assert sum(pauses) == pytest.approx(20_000, rel=0.1)
    assert rows == sorted(rows)


def test_what_was_there_is_replaced_at_the_end_only(tmp_path):
    path = tmp_path / "film.gif"
    path.write_text("before")
    module = made(fault="later")
    with pytest.raises(ModuleError, match="Dot can't be drawn: RuntimeError: no paint"):
        module.record(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
    made().record(path)
    assert len(frames(path)[0]) == 20


@pytest.mark.parametrize("on_env_error", ["fail", "record"])
def test_a_fault_of_the_picture_is_not_the_environments(tmp_path, on_env_error):
    with pytest.raises(ModuleError, match="Dot can't be drawn: RuntimeError: no paint"):
        made(fault="later", on_env_error=on_env_error).record(tmp_path / "film.gif")


def test_a_policy_that_fails_is_filmed_up_to_there(tmp_path):
    module = made()
    bad = Policy(lp.Script(f"{STUB}    return 1 / (place - 5) < 9\n", "move"))
    record = record_video(module, tmp_path / "film.gif", policy=bad)
    assert record.status == "exception"
    assert "in step 6" in record.exception
    assert frames(tmp_path / "film.gif")[0] == list(range(6))


def test_an_environment_that_fails(tmp_path):
    module = lp.EnvModule(Dot, STUB, exception_score=-1.0, fault="")
    module.envs._kwargs["fault"] = "step"  # it broke since
    policy = Policy(lp.Script(f"{STUB}    return 1\n", "move"))
    with pytest.raises(EnvError, match="broken"):
        record_video(module, tmp_path / "f.gif", policy=policy, executor=lp.InlineExecutor())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("env", "kwargs", "message"),
    [
        (Dot, {"fault": "render"}, "Dot can't be drawn: RuntimeError: no paint"),
        (Dot, {"fault": "text"}, "must give arrays of height × width × 3 bytes, but gave '###'"),
        (lambda: Dot(), {}, "let the function that makes it take render_mode"),  # noqa: PLW0108
    ],
)
def test_what_can_not_be_drawn(tmp_path, env, kwargs, message):
    with pytest.raises(ModuleError, match=message):
        made(env=env, **kwargs).record(tmp_path / "film.gif")
    assert not list(tmp_path.iterdir())


def test_an_id_without_pictures(tmp_path):
    gymnasium.register("langprop/Bare-v0", lambda: Bare(), max_episode_steps=5)  # noqa: PLW0108
    try:
        module = lp.EnvModule("langprop/Bare-v0", STUB)
        policy = Policy(lp.Script(f"{STUB}    return 1\n", "move"))
        with pytest.raises(ModuleError, match="without 'rgb_array'"):
            record_video(module, tmp_path / "film.gif", policy=policy)
    finally:
        del gymnasium.registry["langprop/Bare-v0"]


class Bare(Dot):
    metadata = {}  # noqa: RUF012 - as in Gymnasium


def test_a_package_that_is_missing_is_named(tmp_path):
    try:
        import pygame  # noqa: F401
    except ModuleNotFoundError:
        pass
    else:
        pytest.skip("it is installed")
    module = lp.EnvModule("CartPole-v1")
    policy = Policy(lp.Script(f"{module.stub}\n    return 0\n", "policy"))
    with pytest.raises(MissingDependency, match=r'pip install "gymnasium\[classic-control\]"'):
        record_video(module, tmp_path / "film.gif", policy=policy)


def test_an_mp4_or_what_it_needs(tmp_path):
    module = made()
    try:
        import imageio_ffmpeg  # noqa: F401
    except ModuleNotFoundError:
        with pytest.raises(MissingDependency, match="pip install imageio-ffmpeg"):
            module.record(tmp_path / "film.mp4")
        assert not list(tmp_path.iterdir())
    else:
        module.record(tmp_path / "film.mp4")
        assert (tmp_path / "film.mp4").stat().st_size > 0


@pytest.mark.parametrize(
    ("name", "fps", "message"),
    [
        ("film", None, r"\.gif or an \.mp4"),
        ("film.avi", None, r"\.gif or an \.mp4"),
        ("film.gif", 0, "fps must be positive"),
        ("film.gif", float("nan"), "fps must be positive"),
    ],
)
def test_wrong_calls(tmp_path, name, fps, message):
    with pytest.raises(ValueError, match=message):
        made().record(tmp_path / name, fps=fps)


def test_an_untrained_module(tmp_path):
    with pytest.raises(ModuleError, match="isn't trained"):
        lp.EnvModule(Dot, STUB, exception_score=-1.0).record(tmp_path / "film.gif")


def test_a_folder_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        made().record(tmp_path / "file/film.gif")


def test_the_module_goes_on_as_before(tmp_path):
    module = made()
    module.record(tmp_path / "film.gif")
    script = module.trained().script
    (records,) = lp.evaluate(module, [script], [0, 1], module.executor).values()
    assert [record.score for record in records] == [19, 19]
