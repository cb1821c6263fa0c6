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
from typing import TYPE_CHECKING, Any

from langprop.errors import EnvError, MissingDependency
from langprop.evaluation import evaluate
from langprop.executors.shared import shared_executor
from langprop.files import in_one_piece
from langprop.rl.filmed import Draw, FilmedEnvs, NotInstalled

if TYPE_CHECKING:
    from langprop.executors.base import Executor
    from langprop.population.policy import Policy
    from langprop.population.record import Record
    from langprop.rl.module import EnvModule
    from langprop.sandbox.limits import Limits

SUFFIXES = (".gif", ".mp4")

_PACE = 30.0  # pictures in a second, where the environment doesn't say
_FASTEST_GIF = 25.0  # pictures in a second; smooth enough, and half as large as 50
_MOST_IN_GIF = 600  # pictures: they are in memory until the end


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
        self._reel: _Gif | _Mp4 | None = None

    @contextlib.contextmanager
    def open(self, fps: float) -> Iterator[None]:
        """Put the file in its place at the end, if all went well."""
        kind = _Gif if self.path.suffix.lower() == ".gif" else _Mp4
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with in_one_piece(self.path) as draft:
            self._reel = kind(draft, fps)
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


class _Gif:
    """Pictures in 256 colours, kept until the end; of many, every second one, and so on."""

    def __init__(self, path: Path, fps: float) -> None:
        try:
            from PIL import Image
        except ModuleNotFoundError as error:
            raise MissingDependency(f"a video ({path.suffix})", "gym") from error
        self._image: Any = Image
        self._path, self._fps = path, fps
        self._every = max(1, round(fps / _FASTEST_GIF))
        self._count = 0
        self._kept: list[Any] = []

    def add(self, draw: Draw) -> None:
        if self._count % self._every == 0:
            made = self._image.fromarray(draw())
            self._kept.append(made.quantize(256, method=self._image.Quantize.FASTOCTREE, dither=0))
        self._count += 1
        if len(self._kept) > _MOST_IN_GIF:
            del self._kept[1::2]
            self._every *= 2

    def close(self) -> None:
        first, *rest = self._kept
        pause = max(20, round(1000 * self._every / self._fps))  # [ms]; shorter ones aren't shown
        first.save(
            self._path, format="GIF", save_all=True, append_images=rest, duration=pause, loop=0
        )

    def drop(self) -> None:
        self._kept.clear()


class _Mp4:
    """Pictures that go to ffmpeg, one by one."""

    def __init__(self, path: Path, fps: float) -> None:
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
        # Most players want even numbers of rows and columns.
        self._writer = imageio.get_writer(
            path, mode="I", fps=fps, macro_block_size=2, ffmpeg_log_level="error"
        )

    def add(self, draw: Draw) -> None:
        self._writer.append_data(draw())

    def close(self) -> None:
        self._writer.close()

    def drop(self) -> None:
        with contextlib.suppress(Exception):  # it isn't this that went wrong
            self._writer.close()


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
