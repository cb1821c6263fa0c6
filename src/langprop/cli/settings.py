"""The settings of `langprop fit`, kept in the run's folder, so that it can be resumed by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langprop.callbacks.base import Callback
from langprop.errors import CheckpointError, ConfigError
from langprop.llms.secrets import BLOT, redacted

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer

FILE = "fit.yaml"
IMPORTS = ("module", "train", "val", "test")
"""Settings that are import strings, perhaps relative to the folder of a task."""


class KeepSettings(Callback):
    """Writes the settings into the run's folder, without secrets.

    Args:
        settings: As plain data.
        base: Folder that import strings are relative to.
    """

    def __init__(self, settings: Mapping[str, Any], base: Path) -> None:
        self._settings = {**settings}
        for name in IMPORTS:
            where, colon, what = str(settings.get(name) or "").rpartition(":")
            if where.endswith(".py"):
                self._settings[name] = f"{(base / where).resolve()}{colon}{what}"

    def on_fit_start(self, trainer: Trainer, module: Module) -> None:
        """Write them, unless the run is resumed."""
        del module
        import yaml

        folder = trainer.run_dir
        if folder is None or (folder.path / FILE).exists():
            return
        text = yaml.safe_dump(_without_blots(redacted(self._settings)), sort_keys=False)
        try:
            (folder.path / FILE).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CheckpointError(f"{folder.path / FILE} can't be written: {error}") from error


def kept_settings(run: str) -> Path:
    """The settings of a run.

    Raises:
        ConfigError: There is no such run, or it wasn't begun with `langprop fit`.
    """
    path = Path(run) / FILE
    if not path.is_file():
        raise ConfigError(
            f"{run} holds no {FILE}: name the folder of a run, or what is trained, too:  "
            f"langprop fit TARGET --resume {run}"
        )
    return path


def _without_blots(value: Any) -> Any:
    """What was a secret is left out: when the run is resumed, it comes from the environment."""
    if isinstance(value, dict):
        return {name: _without_blots(item) for name, item in value.items() if item != BLOT}
    if isinstance(value, list):
        return [_without_blots(item) for item in value]
    return value
