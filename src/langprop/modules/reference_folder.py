"""The folder of a checkpoint of the paper's code: found, read, and replaced in one piece."""

from __future__ import annotations

import ctypes
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from langprop.errors import CheckpointError

CONFIG = "config.json"
_OURS = re.compile(r"config\.json|(?:record_\d+|setup|update|setup_prompt)\.txt")
_HERE = -100  # AT_FDCWD of <fcntl.h>: paths are relative to the working directory
_EXCHANGE = 2  # RENAME_EXCHANGE of <linux/fs.h>


def locate(path: str | Path, name: str = "") -> Path:
    """The folder of one function: the given one, or one in it.

    Args:
        path: The folder of a function, or one that holds such folders.
        name: The function, if it is known.

    Raises:
        CheckpointError: There is no such folder, or there are several; names them.
    """
    folder = Path(path)
    if not folder.is_dir():
        what = f"{folder} is a file: name its folder" if folder.exists() else f"no folder {folder}"
        raise CheckpointError(f"there is no checkpoint to read: {what}.")
    if (folder / CONFIG).is_file():
        return folder
    found = _inner(folder)
    if len(found) == 1:
        return found[0]
    chosen = [each for each in found if name and each.name == name]
    if chosen:
        return chosen[0]
    if found:
        names = ", ".join(each.name for each in found)
        raise CheckpointError(f"{folder} holds several functions: name the folder of one: {names}.")
    if (folder / "checkpoint.json").is_file():
        raise CheckpointError(f"{folder} is a run of langprop: read it with langprop.load.")
    tags = [each.parent.relative_to(folder) for each in _inner(folder, "ckpt/*/*", "*/*")]
    if tags:
        names = ", ".join(dict.fromkeys(map(str, tags)))
        raise CheckpointError(
            f"{folder} holds checkpoints in folders of its own: name one of them: {names}."
        )
    raise CheckpointError(
        f"{folder} is no checkpoint of the paper's code: there is no {CONFIG} in it."
    )


def _inner(folder: Path, *patterns: str) -> list[Path]:
    try:
        return sorted(
            path.parent
            for pattern in patterns or ("*",)
            for path in folder.glob(f"{pattern}/{CONFIG}")
            if path.is_file()
        )
    except OSError as error:
        raise CheckpointError(f"{folder} can't be searched: {error.strerror or error}.") from error


def read_text(path: Path) -> str:
    """The text of a file, as it stands there.

    Raises:
        CheckpointError: It is missing, can't be read, or is no UTF-8.
    """
    try:
        # Models write halves of surrogate pairs now and then; such a script doesn't compile.
        return path.read_bytes().decode("utf-8", "surrogatepass")
    except FileNotFoundError as error:
        raise CheckpointError(f"{path.parent} is incomplete: {path.name} is missing.") from error
    except UnicodeDecodeError as error:
        raise CheckpointError(
            f"{path} isn't UTF-8 (byte {error.start}): convert it, for instance with iconv."
        ) from error
    except OSError as error:
        raise CheckpointError(f"{path} can't be read: {error.strerror or error}.") from error


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Write a folder in one piece: at any moment it holds the old files or the new ones.

    Raises:
        CheckpointError: It can't be written, or holds something that is no part of a checkpoint;
            what was there is left as it was.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would replace a link's target
    draft = folder.with_name(f".{folder.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        _check_ours(folder)
        draft.mkdir(parents=True)
        for name, text in files.items():
            (draft / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        _put(draft, folder)
    except OSError as error:
        raise CheckpointError(
            f"{folder} can't be written: {error.strerror or error}. What was there before is "
            "intact; make room or name another folder."
        ) from error
    finally:  # by now this is the old folder, if all went well
        shutil.rmtree(draft, ignore_errors=True)


def _check_ours(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise CheckpointError(f"{folder} is no folder: name another one to write to.")
    if not folder.exists():
        return
    for path in folder.iterdir():
        if not _OURS.fullmatch(path.name) or path.is_dir():
            raise CheckpointError(
                f"{folder} holds {path.name!r}, which is no part of a checkpoint and would be "
                "lost: name another folder."
            )


def _put(draft: Path, folder: Path) -> None:
    """Put a folder in the place of another, which takes its own place."""
    if not folder.exists():
        draft.rename(folder)
        return
    if _exchange(draft, folder):
        return
    # Not all file systems can: for a moment the old folder goes by another name.
    old = folder.with_name(f"{draft.name}.old")
    folder.rename(old)
    try:
        draft.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    old.rename(draft)


def _exchange(one: Path, other: Path) -> bool:
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):  # an old C library
        return False
    paths = (os.fsencode(one), os.fsencode(other))
    return bool(rename(_HERE, paths[0], _HERE, paths[1], _EXCHANGE) == 0)
