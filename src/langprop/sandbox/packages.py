"""Packages: where the packages lie that scripts may import."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from langprop.errors import ConfigError

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_TOP_LEVEL = re.compile(r"^(?!\.\.)([^/,\n]+)", re.MULTILINE)


@dataclass(frozen=True)
class Packages:
    """Packages that scripts may import.

    Attributes:
        names: What may be imported: names of modules.
        paths: Folders to look for them in, as in `sys.path`.
        trees: Files and folders that belong to them.
    """

    names: tuple[str, ...]
    paths: tuple[str, ...]
    trees: tuple[str, ...]


@lru_cache(maxsize=32)
def locate(names: tuple[str, ...]) -> Packages:
    """Find packages, with all that they require. Nothing is imported.

    Args:
        names: As they are imported: "numpy", "sklearn", "yaml".

    Raises:
        ConfigError: There is no package of that name.
    """
    found: dict[str, None] = {}
    paths: dict[str, None] = {}
    trees: dict[str, None] = {}
    waiting = [(name, True) for name in reversed(names)]
    seen = set()
    while waiting:
        name, wanted = waiting.pop()
        distribution = _distribution(name)
        key = _normal(distribution.metadata["Name"] if distribution else name)
        if key in seen:
            continue
        seen.add(key)
        places = _places(name)
        if not places and wanted and name not in sys.stdlib_module_names:
            raise ConfigError(
                f"packages: there is no package {name!r} here; give the names that scripts import, "
                "such as 'numpy' or 'sklearn'."
            )
        if distribution is not None:
            places += _files(distribution)
            waiting += [(each, False) for each in _required(distribution)]
        for place in places:
            trees[str(place)] = None
            paths[str(place.parent)] = None
            name = place.name.partition(".")[0]
            if name.isidentifier():  # and not what describes a package
                found[name] = None
    return Packages(tuple(found), tuple(paths), tuple(trees))


def _places(name: str) -> list[Path]:
    """Where the import system finds it."""
    try:
        spec = importlib.util.find_spec(name.partition(".")[0])
    except (ImportError, ValueError):  # a module without a spec
        return []
    if spec is None or name in sys.stdlib_module_names:
        return []
    if spec.submodule_search_locations is not None:
        return [Path(place).resolve() for place in spec.submodule_search_locations]
    return [Path(spec.origin).resolve()] if spec.origin else []


def _distribution(name: str) -> metadata.Distribution | None:
    try:
        return metadata.distribution(name)
    except (metadata.PackageNotFoundError, ValueError):
        pass
    if not _places(name):
        return None
    # It is installed under another name, as sklearn is; to look that up takes a while.
    for other in metadata.packages_distributions().get(name, ()):
        return metadata.distribution(other)
    return None


def _files(distribution: metadata.Distribution) -> list[Path]:
    """Folders and files at the top level of what was installed, libraries beside it included."""
    record = distribution.read_text("RECORD") or ""
    root = Path(str(distribution.locate_file("."))).resolve()
    tops = dict.fromkeys(_TOP_LEVEL.findall(record))
    return [root / top for top in tops if top != "__pycache__" and not top.endswith(".pth")]


def _required(distribution: metadata.Distribution) -> Iterable[str]:
    """What it requires, that is installed; without extras."""
    for requirement in distribution.requires or ():
        name = _NAME.match(requirement)
        if name and "extra ==" not in requirement and _is_installed(name[0]):
            yield name[0]


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
