"""Town: its network, its file for SUMO and its road map in OpenDRIVE."""

from __future__ import annotations

import contextlib
import difflib
import os
import tempfile
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from langprop.driving.maps.network import Network
from langprop.driving.maps.towns.manifest import FILE, FOLDER, Manifest, digest
from langprop.errors import TownError
from langprop.files import in_one_piece

if TYPE_CHECKING:
    from langprop.driving.maps.lanes import LaneMap

_ENDINGS = (".net.xml", ".net.xml.gz", ".net.xml.xz")


@dataclass(frozen=True, eq=False)
class Town:
    """A town. What is asked of it is read when it's first asked for, and kept.

    Attributes:
        name: In tasks: the name of a shipped one, or the path of its network.
        path: Of its network, perhaps compressed.
        manifest: Knows the hashes of its files; None if there is none beside it.
    """

    name: str
    path: Path
    manifest: Manifest | None = None

    @cached_property
    def network(self) -> Network:
        """Its roads.

        Raises:
            TownError: The file is missing or damaged.
        """
        return Network.read(self.net_file)

    @cached_property
    def lanes(self) -> LaneMap:
        """Which lane a point lies on."""
        from langprop.driving.maps.lanes import LaneMap

        return LaneMap(self.network)

    @cached_property
    def net_file(self) -> Path:
        """A file that SUMO can read. One that is packed otherwise is unpacked into a cache.

        Raises:
            TownError: The file is missing, damaged, or there's nowhere to unpack it.
        """
        if self.path.suffix != ".xz":
            if not self.path.is_file():
                raise TownError(f"there is no file {self.path}.")
            return self.path.resolve()
        return _kept(self.base, self._net())

    @cached_property
    def opendrive(self) -> str:
        """Its road map in OpenDRIVE, as text.

        Raises:
            TownError: There is none beside its network, or the file is damaged.
        """
        if self.manifest is not None:
            return self.manifest.opendrive(self.base).decode()
        path = self.path.with_name(f"{self.base}.xodr")
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise TownError(
                f"the town {self.name} has no road map in OpenDRIVE: there is no file {path}. Make "
                f"it:  netconvert -s {self.net_file} --opendrive-output {path}"
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise TownError(f"{path} can't be read: {error}.") from error

    @property
    def base(self) -> str:
        """The name of its files, without endings and folder."""
        return _base(self.path)

    def _net(self) -> bytes:
        if self.manifest is not None:
            return self.manifest.net(self.base)
        import lzma

        try:
            return lzma.decompress(self.path.read_bytes())
        except (OSError, EOFError, lzma.LZMAError) as error:
            raise TownError(f"{self.path} can't be read: {error}.") from error


def town(name: str) -> Town:
    """A town by its name, or by the path of its network; the same object for the same file.

    Args:
        name: "town101" is one that is shipped; "maps/mine.net.xml" one of your own, perhaps packed
            as `.gz` or `.xz`. If a manifest lies beside it that knows it, its hash must be right.

    Raises:
        TownError: There is no such town.
    """
    manifest = Manifest.read(FOLDER)
    if name in manifest.towns:
        return _town(name, FOLDER / f"{name}.net.xml.xz", 0)
    path = Path(name).expanduser()
    if not name.endswith(_ENDINGS):
        near = difflib.get_close_matches(name, manifest.towns, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise TownError(
            f"there is no town {name!r}.{hint} There are {', '.join(manifest.towns)}; or write the "
            f"path of a network of SUMO, which ends with {', '.join(_ENDINGS)}."
        )
    try:
        changed = path.stat().st_mtime_ns
    except (OSError, ValueError) as error:  # ValueError: a name with a zero in it
        why = getattr(error, "strerror", None) or error
        raise TownError(f"there is no town {name!r}: {why}.") from error
    return _town(name, path.resolve(), changed)


@lru_cache(maxsize=64)
def _town(name: str, path: Path, _changed: int) -> Town:
    """A town whose file was changed at a moment; read again when it's changed."""
    manifest = None
    if path.suffix == ".xz" and (path.parent / FILE).is_file():
        manifest = Manifest.read(path.parent)
        if _base(path) not in manifest.towns:
            manifest = None
    return Town(name, path, manifest)


def _base(path: Path) -> str:
    return path.name[: path.name.rindex(".net.xml")]


def _kept(base: str, data: bytes) -> Path:
    """A file with that content, which stays for the next time where that is possible."""
    name = f"{base}-{digest(data)[:16]}.net.xml"
    failures = []
    for folder in (_cache(), Path(tempfile.gettempdir()) / f"langprop-{_user()}"):
        if folder is None:
            continue
        path = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with contextlib.suppress(FileNotFoundError):
                if path.read_bytes() == data:
                    return path
            with in_one_piece(path) as draft:
                draft.write_bytes(data)
        except OSError as error:
            failures.append(f"{folder}: {error.strerror or error}")
        else:
            return path
    raise TownError(
        f"there is nowhere to unpack a town ({'; '.join(failures)}); name a folder by setting "
        "XDG_CACHE_HOME or TMPDIR."
    )


def _cache() -> Path | None:
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        base = Path(given) if Path(given).is_absolute() else Path.home() / ".cache"
    except RuntimeError:  # a user without a home
        return None
    return base / "langprop" / "towns"


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"
