"""FilmedEnvs: an environment that is drawn after each step."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from langprop.errors import LangPropError, MissingDependency, ModuleError
from langprop.reels import Draw

if TYPE_CHECKING:
    from langprop.rl.envs import Envs


class FilmedEnvs:
    """Stands in for a module's environments while an episode is filmed.

    Args:
        envs: The module's own.
        shoot: Called after a reset and after each step, with a function that draws a picture. What
            it raises can be found in `error`, whatever becomes of the episode.

    Attributes:
        name: As those of `Envs`, and so are the other two.
        limit: Steps of an episode.
        given: Whether somebody has chosen the limit.
        pace: Pictures in a second, as the environment says; None if it doesn't.
        error: What `shoot` raised.

    Raises:
        ModuleError: The environment can't be drawn.
        MissingDependency: A package is missing; says which.
    """

    def __init__(self, envs: Envs, shoot: Callable[[Draw], None]) -> None:
        self.name, self.limit, self.given = envs.name, envs.limit, envs.given
        self.error: Exception | None = None
        self._shoot = shoot
        self._env = envs.drawn()
        fps = self._env.metadata.get("render_fps")
        self.pace = float(fps) if isinstance(fps, (int, float)) and fps > 0 else None
        try:
            self._try_to_draw()
        except BaseException:
            self._env.close()
            raise

    def _try_to_draw(self) -> None:
        """Tell what is missing before a file is begun."""
        with self._in_words():
            self._env.reset(seed=0)
            picture(self._env.render())

    def _draw(self) -> Any:
        with self._in_words():
            return picture(self._env.render())

    @contextlib.contextmanager
    def _in_words(self) -> Iterator[None]:
        """Say what is missing, or that it can't be drawn."""
        import gymnasium

        try:
            yield
        except ModuleError:
            raise
        except gymnasium.error.DependencyNotInstalled as error:
            raise _missing(f"drawing {self.name}", str(error)) from error
        except ModuleNotFoundError as error:
            raise NotInstalled(
                f"drawing {self.name} needs a package: run  pip install {error.name}"
            ) from error
        except Exception as error:
            raise ModuleError(
                f"{self.name} can't be drawn: {type(error).__name__}: {str(error)[:500]}"
            ) from error

    def take(self) -> FilmedEnvs:
        """The only one: this."""
        return self

    def put(self, env: Any) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Close it."""
        self._env.close()

    # What `EnvModule` uses of an environment

    def reset(self, *, seed: int) -> Any:
        """Reset, and shoot."""
        found = self._env.reset(seed=seed)
        self._picture()
        return found

    def step(self, action: Any) -> Any:
        """Step, and shoot."""
        found = self._env.step(action)
        self._picture()
        return found

    def _picture(self) -> None:
        try:
            self._shoot(self._draw)
        except (LangPropError, OSError) as error:
            self.error = error
            raise
        except Exception as error:  # of whatever writes the file
            self.error = ModuleError(
                f"{self.name} can't be filmed: {type(error).__name__}: {str(error)[:500]}"
            )
            self.error.__cause__ = error
            raise


class NotInstalled(MissingDependency):
    """A package that belongs to none of our extras."""

    def __init__(self, text: str) -> None:
        LangPropError.__init__(self, text)
        self.extra = ""


def picture(found: Any) -> Any:
    """What `render()` gave, as an array of height × width × 3 bytes.

    Raises:
        ModuleError: It is no picture.
    """
    import numpy as np

    if isinstance(found, list) and found:  # of "rgb_array_list": those since the last time
        found = found[-1]
    array = np.asarray(found)
    if array.ndim != 3 or array.shape[2] not in (3, 4) or array.dtype != np.uint8:
        what = f"an array of {array.dtype}, {array.shape}" if array.ndim else repr(found)[:100]
        raise ModuleError(
            f"render() must give arrays of height × width × 3 bytes, but gave {what}."
        )
    return np.ascontiguousarray(array[..., :3])


def _missing(what: str, text: str) -> NotInstalled:
    """A package that an environment needs to be drawn, as Gymnasium names it."""
    text = text.strip()
    if "pip install" in text:
        text = f"run  {text[text.find('pip install') :].rstrip('`. ')}"
    return NotInstalled(f"{what} needs a package: {text}")
