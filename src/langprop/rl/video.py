"""Video: an episode of the best policy, as a GIF or an MP4."""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import warnings
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING

from langprop.errors import EnvError, MissingDependency
from langprop.evaluation import evaluate
from langprop.executors.shared import shared_executor
from langprop.files import in_one_piece
from langprop.reels import Draw, Gif, Mp4
from langprop.rl.filmed import FilmedEnvs, NotInstalled

if TYPE_CHECKING:
    from langprop.executors.base import Executor
    from langprop.population.policy import Policy
    from langprop.population.record import Record
    from langprop.rl.module import EnvModule
    from langprop.sandbox.limits import Limits

SUFFIXES = (".gif", ".mp4")

_PACE = 30.0  # pictures in a second, where the environment doesn't say
_FASTEST_GIF = 25.0  # pictures in a second; smooth enough, and half as large as 50


def record_video(
    module: EnvModule,
    path: str | Path,
    *,
    seed: int = 0,
    fps: float | None = None,
    policy: Policy | None = None,
    executor: Executor | None = None,
    limits: Limits | None = None,
) -> Record:
    """Film an episode, run as in training: the script isolated, the environment here.

    The file is put in its place when it is complete. An episode in which the policy fails is filmed
    up to there.

    Args:
        module: A trained one.
        path: Where to: a .gif, or an .mp4, which needs imageio-ffmpeg. What is there is replaced.
        seed: Of the reset.
        fps: Steps shown in a second; None for the environment's own pace. A GIF keeps the pace, but
            leaves out steps: it has about 25 pictures in a second, and 600 at the most.
        policy: None for the best one.
        executor: Where the script runs; None for the module's, or isolated on this machine.
        limits: What it may use; None for the module's.

    Returns:
        What the policy did.

    Raises:
        ModuleError: The module isn't trained, or the environment can't be rendered.
        MissingDependency: A package is missing; says which.
        EnvError: The environment failed.
        ValueError: The path or fps is no good.
        OSError: The file can't be written.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"a video is a .gif or an .mp4, but the path is {path}.")
    if fps is not None and not (math.isfinite(fps) and fps > 0):
        raise ValueError(f"fps must be positive, but got {fps!r}.")
    chosen = module.trained() if policy is None else policy
    with _quiet():
        film = _Film(path)
        stage = copy(module)
        stage.warned = set(module.warned)
        stage._envs = envs = FilmedEnvs(module.envs, film.shoot)
        try:
            with film.open(fps or envs.pace or _PACE):
                found = evaluate(
                    stage,
                    [chosen.script],
                    [seed],
                    executor or module.executor or shared_executor(),
                    limits or module.limits,
                )
                if envs.error is not None:  # it became a failure of the policy
                    raise envs.error
        except EnvError:
            if envs.error is not None:
                raise envs.error from None
            raise
        finally:
            envs.close()
    return found[chosen.id][0]


class _Film:
    """The file, while it is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reel: Gif | Mp4 | None = None

    @contextlib.contextmanager
    def open(self, fps: float) -> Iterator[None]:
        """Put the file in its place at the end, if all went well."""
        make = _gif if self.path.suffix.lower() == ".gif" else _mp4
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with in_one_piece(self.path) as draft:
            self._reel = make(draft, fps)
            try:
                yield
            except BaseException:
                self._reel.drop()
                raise
            self._reel.close()

    def shoot(self, draw: Draw) -> None:
        """Add a picture, or let it be."""
        if self._reel is not None:
            self._reel.add(draw)


def _gif(path: Path, fps: float) -> Gif:
    try:
        from PIL import Image
    except ModuleNotFoundError as error:
        raise MissingDependency(f"a video ({path.suffix})", "gym") from error
    return Gif(path, Image, fps, every=max(1, round(fps / _FASTEST_GIF)))


def _mp4(path: Path, fps: float) -> Mp4:
    try:
        import imageio.v2 as imageio
    except ModuleNotFoundError as error:
        raise MissingDependency(f"a video ({path.suffix})", "gym") from error
    try:
        importlib.import_module("imageio_ffmpeg")  # imageio's own message names several ways
    except ModuleNotFoundError as error:
        raise NotInstalled(
            "an .mp4 needs a package: run  pip install imageio-ffmpeg  or write a .gif"
        ) from error
    return Mp4(path, imageio, fps)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the greetings and warnings of the libraries that draw."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # else it complains of having no screen
        os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
    with warnings.catch_warnings():
        for library in ("pygame", "pkg_resources", "imageio"):
            warnings.filterwarnings("ignore", module=library)
        yield
