"""What a user names to be trained: a folder with a config.yaml, that file, or FILE.py:NAME."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

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
    raise ConfigError(
        f"{target!r} is no folder, no .yaml file and no FILE.py:NAME or package.module:NAME."
    )


def load_object(spec: str, base: Path) -> Any:
    """Import what "file.py:name" or "package.module:name" names.

    Args:
        spec: The import string; a file is relative to `base`.
        base: A folder.

    Raises:
        ConfigError: There is no such file, module or name, or importing it failed.
    """
    where, colon, name = spec.rpartition(":")
    if not colon or not name.isidentifier():
        raise ConfigError(f"{spec!r} must be FILE.py:NAME or package.module:NAME.")
    try:
        module = (
            _load_file(base / where) if where.endswith(".py") else importlib.import_module(where)
        )
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(f"{where} can't be imported: {type(error).__name__}: {error}") from error
    if not hasattr(module, name):
        public = ", ".join(sorted(key for key in vars(module) if not key.startswith("_")))
        raise ConfigError(f"{where} defines no {name!r}; it defines {public}.")
    return getattr(module, name)


def _load_file(path: Path) -> Any:
    path = path.resolve()
    if not path.is_file():
        raise ConfigError(f"there is no file {path}.")
    known = sys.modules.get(path.stem)
    if known is not None and getattr(known, "__file__", None) == str(path):
        return known
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path} is no Python file.")
    folder = str(path.parent)
    if folder not in sys.path:  # so that the file finds its neighbours, as if it had been run
        sys.path.insert(0, folder)
    module = importlib.util.module_from_spec(spec)
    name = path.stem if path.stem not in sys.modules else f"langprop_target_{path.stem}"
    sys.modules[name] = module  # inspect.getsource and dataclasses look it up
    spec.loader.exec_module(module)
    return module
