"""Frames on the disk: a folder with an index and a compressed file of arrays for each drive."""

from __future__ import annotations

import hashlib
import io
import json
import operator
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from langprop.driving.frames.frame import Frame
from langprop.errors import DataError
from langprop.files import in_one_piece, write_text

if TYPE_CHECKING:
    from langprop.driving.frames.columns import Columns

INDEX = "dataset.json"
FORMAT, VERSION = "langprop driving frames", 1

_KEPT = 256 << 20  # [bytes] of arrays that are kept in memory


class Frames(Sequence[Frame]):
    """The frames of a dataset, as a sequence; files are read when they are needed.

    The folder holds `dataset.json`: what was collected, and a list of drives, each with its file,
    its number of frames, its route, its seed and its events. The files are numpy's .npz; their
    columns are those of `columns.NAMES`.

    Args:
        folder: The folder.

    Attributes:
        about: How the frames were collected: suite, policy, interval, look-ahead, versions.
        drives: What is known of each drive.

    Raises:
        DataError: There is no such dataset, or its index can't be read.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        index = read_index(self.folder)
        self.about: dict[str, Any] = dict(index["about"])
        self.drives: list[dict[str, Any]] = list(index["drives"])
        self._kept: OrderedDict[int, Columns] = OrderedDict()
        self._count()

    def _count(self) -> None:
        self._starts = [0]
        for drive in self.drives:
            self._starts.append(self._starts[-1] + int(drive["frames"]))

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> list[Frame]: ...
    def __getitem__(self, index: int | slice) -> Frame | list[Frame]:
        """A frame by its number from 0, or a list of them.

        Raises:
            DataError: The file that holds it is missing or damaged.
        """
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        number = operator.index(index)
        if number < 0:
            number += len(self)
        if not 0 <= number < len(self):
            raise IndexError(f"frame {index} of {len(self)}")
        from bisect import bisect_right

        from langprop.driving.frames.columns import unpack

        place = bisect_right(self._starts, number) - 1
        drive = self.drives[place]
        return unpack(
            self._columns(place), number - self._starts[place], drive["task"], int(drive["seed"])
        )

    def where(self, wanted: Callable[[Mapping[str, Any]], bool]) -> Frames:
        """The frames of some of the drives only.

        Args:
            wanted: Gets what is known of a drive, such as `drive["task"]`.
        """
        made = Frames.__new__(Frames)
        made.folder, made.about = self.folder, self.about
        made.drives = [drive for drive in self.drives if wanted(drive)]
        made._kept = OrderedDict()
        made._count()
        return made

    def follow(self, writer: FrameWriter) -> None:
        """Take in what a writer has added to the same folder since."""
        self.drives = list(writer.drives)
        self._count()

    def digest(self) -> str:
        """What it holds, in 64 letters: whether two runs had the same data."""
        text = "\n".join(str(drive["sha256"]) for drive in self.drives)
        return hashlib.sha256(text.encode()).hexdigest()

    def _columns(self, place: int) -> Columns:
        found = self._kept.get(place)
        if found is None:
            found = read_columns(self.folder, self.drives[place])
        self._kept[place] = found
        self._kept.move_to_end(place)
        size = sum(array.nbytes for each in self._kept.values() for array in each.values())
        while size > _KEPT and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            size -= sum(array.nbytes for array in gone.values())
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_kept": OrderedDict()}

    def __repr__(self) -> str:
        return f"Frames({str(self.folder)!r}, {len(self):,} frames of {len(self.drives):,} drives)"


class FrameWriter:
    """Writes a dataset, drive after drive; what is written is whole at any moment.

    A dataset without a drive, of a collection that ended before its first one, is replaced.

    Args:
        folder: The folder, which is made.
        about: How the frames are collected, as JSON data.
        resume: Whether the folder may hold drives that were collected in the same way.

    Attributes:
        drives: What is known of each drive so far.

    Raises:
        DataError: The folder holds a dataset already, or one that was collected in another way; or
            it can't be written.
    """

    def __init__(self, folder: str | Path, about: Mapping[str, Any], *, resume: bool = False):
        self.folder = Path(folder)
        self.about = json.loads(json.dumps(about))
        self.drives: list[dict[str, Any]] = []
        index = read_index(self.folder) if (self.folder / INDEX).exists() else {"drives": []}
        if index["drives"]:
            if not resume:
                raise DataError(
                    f"{self.folder} holds a dataset already: name another folder, or add --resume "
                    "to go on with it."
                )
            changed = _differences(index["about"], self.about)
            if changed:
                raise DataError(
                    f"{self.folder} was collected with {', '.join(changed)}: name another folder, "
                    "or collect as then."
                )
            self.drives = list(index["drives"])
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write_index()
        except OSError as error:
            raise _unwritten(self.folder, error) from error

    def __len__(self) -> int:
        return sum(int(drive["frames"]) for drive in self.drives)

    def append(self, frames: Sequence[Frame], drive: Mapping[str, Any]) -> range:
        """Write the frames of a drive, or of a part of one.

        Args:
            frames: Of one route and seed.
            drive: What is known of it, as JSON data, with its `task` and `seed`.

        Returns:
            The numbers of the frames in the dataset.

        Raises:
            DataError: The disk is full, say; what was written before is whole.
        """
        import numpy as np

        from langprop.driving.frames.columns import pack

        first = len(self)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **pack(frames))  # type: ignore[arg-type, unused-ignore]
        data = buffer.getvalue()
        name = f"drive-{len(self.drives):06d}.npz"
        known = {"file": name, "frames": len(frames), "sha256": hashlib.sha256(data).hexdigest()}
        try:
            with in_one_piece(self.folder / name) as draft:
                draft.write_bytes(data)
            self.drives.append({**known, **json.loads(json.dumps(drive))})
            try:
                self._write_index()
            except OSError:
                self.drives.pop()
                raise
        except OSError as error:
            raise _unwritten(self.folder, error) from error
        return range(first, first + len(frames))

    def truncate(self, drives: int) -> None:
        """Forget all drives but the first ones, which a resumed run goes on from.

        Raises:
            DataError: There aren't as many; or the index can't be written.
        """
        if drives > len(self.drives):
            raise DataError(
                f"{self.folder} holds {len(self.drives)} drives, but the run had {drives}: its "
                "frames are lost."
            )
        gone, self.drives = self.drives[drives:], self.drives[:drives]
        if not gone:
            return
        try:
            self._write_index()
            for drive in gone:
                (self.folder / str(drive["file"])).unlink(missing_ok=True)
        except OSError as error:
            raise _unwritten(self.folder, error) from error

    def _write_index(self) -> None:
        index = {"format": FORMAT, "version": VERSION, "about": self.about, "drives": self.drives}
        lines = [json.dumps(drive, ensure_ascii=False) for drive in self.drives]
        # A line for each drive: readable, and quick to write.
        head = json.dumps({**index, "drives": []}, ensure_ascii=False)
        text = head.removesuffix("]}") + "".join(
            f"{',' if number else ''}\n{line}" for number, line in enumerate(lines)
        )
        write_text(self.folder / INDEX, text + "\n]}\n")


def read_index(folder: Path) -> dict[str, Any]:
    """The index of a dataset.

    Raises:
        DataError: There is none, or it is no such index.
    """
    path = folder / INDEX
    if not path.is_file():
        raise DataError(
            f"{folder} holds no {INDEX}: collect a dataset with  langprop driving collect --out "
            f"{folder}"
        )
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        sound = index["format"] == FORMAT and isinstance(index["about"], dict)
        for drive in index["drives"]:
            sound = sound and isinstance(drive["file"], str) and isinstance(drive["task"], str)
            sound = sound and int(drive["frames"]) >= 0 and isinstance(drive["sha256"], str)
            sound = sound and Path(drive["file"]).name == drive["file"] and int(drive["seed"]) >= 0
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{path} can't be read: {type(error).__name__}: {error}") from error
    if not sound:
        raise DataError(f"{path} is no index of driving frames.")
    if index.get("version") != VERSION:
        raise DataError(
            f"{path} has the version {index.get('version')!r}, but this langprop reads {VERSION}: "
            "collect the dataset again."
        )
    return dict(index)


def read_columns(folder: Path, drive: Mapping[str, Any]) -> Columns:
    """The arrays of a drive.

    Raises:
        DataError: The file is missing, or isn't what was written.
    """
    import numpy as np

    from langprop.driving.frames.columns import check

    path = folder / str(drive["file"])
    try:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != drive["sha256"]:
            raise ValueError("it isn't what was written")
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            columns = {name: file[name] for name in file.files}
        if check(columns) != drive["frames"]:
            raise ValueError(f"it holds {len(columns['tick'])} frames, not {drive['frames']}")
    except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(
            f"{path} can't be read: {why}. Restore it, or collect the dataset again."
        ) from error
    return columns


def _differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """In what two ways to collect differ, in words; the policy first, others often follow it."""
    names = dict.fromkeys(["policy", *now, *then])
    return [
        f"another {name}{_both(then.get(name), now.get(name))}"
        for name in names
        if then.get(name) != now.get(name)
    ]


def _both(then: Any, now: Any) -> str:
    """Two values, unless they are too much for a message, as a script is."""
    if any("\n" in str(each) for each in (then, now)):
        return ""
    before, after = ("none" if each in (None, "") else repr(each) for each in (then, now))
    return f" ({before}, now {after})"


def _unwritten(folder: Path, error: OSError) -> DataError:
    return DataError(f"{folder} can't be written: {error.strerror or error}.")
