"""The settings of `langprop fit`, kept in the run's folder, so that it can be resumed by name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langprop.callbacks.base import Callback
from langprop.cli.environment import whole_env
from langprop.data.files import is_file_spec
from langprop.errors import CheckpointError, ConfigError
from langprop.files import write_text
from langprop.llms.secrets import BLOT, redacted
from langprop.trainer.run_dir import RunDir

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer

FILE = "fit.yaml"
IMPORTS = ("module", "env", "train", "val", "test")
"""Settings that are import strings or files, perhaps relative to the folder of a task; `env` is one
where it names a module."""

_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^/\s:@]*):[^/\s@]*@", re.IGNORECASE)


class KeepSettings(Callback):
    """Writes the settings into the run's folder, without secrets.

    Args:
        settings: As plain data.
        base: Folder that import strings are relative to.
    """

    def __init__(self, settings: Mapping[str, Any], base: Path) -> None:
        self._text = as_yaml(settings, base)

    def on_fit_start(self, trainer: Trainer, module: Module) -> None:
        """Write them, unless the run is resumed."""
        del module
        folder = trainer.run_dir
        if folder is None or (folder.path / FILE).exists():
            return
        try:
            write_text(folder.path / FILE, self._text)
        except OSError as error:
            raise CheckpointError(f"{folder.path / FILE} can't be written: {error}") from error


def kept_settings(run: str, name: str = FILE, command: str = "fit") -> Path:
    """The settings of a run.

    Args:
        run: Its folder, or a copy of a checkpoint in it.
        name: Of the file.
        command: The command that keeps it.

    Raises:
        ConfigError: There is no such run, or it wasn't begun with this command.
    """
    folder = Path(run)
    if folder.is_file():
        folder = RunDir.holding(folder).path
    path = folder / name
    if not path.is_file():
        raise ConfigError(
            f"{run} holds no {name}: name the folder of a run, or what is trained, too:  "
            f"langprop {command} TARGET --resume {run}"
        )
    return path


def as_yaml(settings: Mapping[str, Any], base: Path, imports: Sequence[str] = IMPORTS) -> str:
    """Settings as YAML that can be read again from anywhere, without secrets.

    Args:
        settings: As plain data.
        base: Folder that import strings and files are relative to.
        imports: Which settings are such strings, or files. The same name may be something else in
            the settings of another command.
    """
    import yaml

    found = {**settings}
    for name in imports:
        given = str(settings.get(name) or "")
        where, colon, what = given.rpartition(":")
        if name == "env" and given:
            found[name] = whole_env(given, base)
        elif where.endswith(".py"):
            found[name] = f"{(base / where).resolve()}{colon}{what}"
        elif given and is_file_spec(given):  # as `read_data` finds it
            found[name] = str((base / Path(given).expanduser()).resolve())
    return yaml.safe_dump(_without_blots(redacted(found)), sort_keys=False)


def _without_blots(value: Any) -> Any:
    """What was a secret is left out: when the run is resumed, it comes from the environment.

    Of an address such as "http://me:password@host", the password.
    """
    if isinstance(value, str):
        return _PASSWORD.sub(r"\1@", value)
    if isinstance(value, dict):
        return {name: _without_blots(item) for name, item in value.items() if item != BLOT}
    if isinstance(value, list):
        return [_without_blots(item) for item in value]
    return value
