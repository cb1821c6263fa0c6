"""What a user names to be trained: a folder with a config.yaml, that file, or FILE.py:NAME."""

from __future__ import annotations

from pathlib import Path

from langprop.data.files import SUFFIXES
from langprop.errors import ConfigError


def config_of(target: str) -> Path | None:
    """The configuration file that a target names; None if it names a module itself.

    Raises:
        ConfigError: There is no such folder or file.
    """
    path = Path(target)
    if path.is_dir():
        config = path / "config.yaml"
        if not config.is_file():
            raise ConfigError(
                f"{path} holds no config.yaml: write one, or name the module as "
                f"{path}/FILE.py:NAME."
            )
        if (path / "checkpoint.json").is_file():
            raise ConfigError(
                f"{path} is the folder of a run: see it with `langprop show {path}`; "
                "to train, name the folder of the task."
            )
        return config
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise ConfigError(f"there is no file {path}.")
        return path
    if ":" in target:
        return None
    if path.suffix.lower() in SUFFIXES and path.is_file():
        raise ConfigError(
            f"{path} is data: make a project of it with  langprop init {path.stem} --from {path}"
        )
    if path.suffix == ".py" and path.is_file():
        raise ConfigError(f"name the module in {path}: write {path}:NAME.")
    raise ConfigError(
        f"{target!r} is no folder, no .yaml file and no FILE.py:NAME or package.module:NAME."
    )
