"""Objects: what an import string names."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

from langprop.errors import ConfigError


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
    name = path.stem if known is None else f"langprop_target_{path.stem}"
    renamed = sys.modules.get(name)
    if renamed is not None and getattr(renamed, "__file__", None) == str(path):
        return renamed
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path} is no Python file.")
    folder = str(path.parent)
    if folder not in sys.path:  # so that the file finds its neighbours, as if it had been run
        sys.path.insert(0, folder)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # inspect.getsource and dataclasses look it up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]  # half of a module mustn't be found the next time
        raise
    return module
