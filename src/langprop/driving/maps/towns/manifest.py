"""Manifest: the towns and suites that are shipped, and their hashes."""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from langprop.errors import TownError
from langprop.files import write_text

FOLDER = Path(__file__).parent.parent / "data"
"""Where what is shipped lies."""

FILE = "manifest.json"


@dataclass(frozen=True)
class Entry:
    """A town of a manifest.

    Attributes:
        seed: It was drawn from.
        size: Junctions in a column and in a row.
        net: SHA-256 of its network for SUMO, unpacked.
        opendrive: SHA-256 of its road map in OpenDRIVE, unpacked.
    """

    seed: int
    size: int
    net: str
    opendrive: str


@dataclass(frozen=True, eq=False)
class Manifest:
    """What a folder of towns holds, and the hashes that its files must have.

    Attributes:
        folder: Where the files lie.
        netconvert: Version of the program that made the networks.
        towns: By name.
        suites: SHA-256 of each suite's file, by the name of the suite.
    """

    folder: Path
    netconvert: str
    towns: Mapping[str, Entry]
    suites: Mapping[str, str]

    @classmethod
    def read(cls, folder: Path = FOLDER) -> Manifest:
        """Read a folder's manifest; what is shipped is read once.

        Raises:
            TownError: It isn't there, or damaged.
        """
        return _shipped() if folder == FOLDER else _read(folder)

    def write(self) -> None:
        """Write it into its folder."""
        data = {
            "netconvert": self.netconvert,
            "towns": {name: vars(entry) for name, entry in self.towns.items()},
            "suites": dict(self.suites),
        }
        write_text(self.folder / FILE, json.dumps(data, indent=1) + "\n")

    def net(self, name: str) -> bytes:
        """A town's network for SUMO.

        Raises:
            TownError: There is no such town; its file is missing, or not what it was.
        """
        return self._unpacked(f"{name}.net.xml.xz", self.towns[name].net)

    def opendrive(self, name: str) -> bytes:
        """A town's road map in OpenDRIVE.

        Raises:
            TownError: There is no such town; its file is missing, or not what it was.
        """
        return self._unpacked(f"{name}.xodr.xz", self.towns[name].opendrive)

    def suite(self, name: str) -> list[dict[str, Any]]:
        """The tasks of a suite, as JSON data.

        Raises:
            TownError: Its file is missing, or not what it was.
        """
        path = self.folder / f"{name}.json"
        data = _bytes(path)
        _compare(path, data, self.suites[name])
        tasks: list[dict[str, Any]] = json.loads(data)
        return tasks

    def _unpacked(self, file: str, expected: str) -> bytes:
        path = self.folder / file
        try:
            data = lzma.decompress(_bytes(path))
        except (lzma.LZMAError, EOFError) as error:
            raise TownError(f"{path} is damaged ({error}). {_MEND}") from error
        _compare(path, data, expected)
        return data


@lru_cache(maxsize=1)
def _shipped() -> Manifest:
    return _read(FOLDER)


def _read(folder: Path) -> Manifest:
    path = folder / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        towns = {name: Entry(**entry) for name, entry in data["towns"].items()}
        return Manifest(folder, str(data["netconvert"]), towns, dict(data["suites"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise TownError(f"the manifest {path} can't be read ({error}). {_MEND}") from error


_MEND = (
    "If it belongs to langprop, install langprop anew (pip install --force-reinstall langprop); "
    "if it's of your own making, make it again with  langprop driving towns --folder FOLDER."
)


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TownError(f"{path} can't be read ({error.strerror or error}). {_MEND}") from error


def _compare(path: Path, data: bytes, expected: str) -> None:
    if (found := digest(data)) != expected:
        raise TownError(
            f"{path} isn't what it was when the manifest was written: its SHA-256 is "
            f"{found[:12]}…, not {expected[:12]}…. {_MEND}"
        )
