"""ExchangeFolder: requests and replies as files in a folder, for both sides.

0003-02-update-ID.request.md        open
0003-02-update-ID.reply.md          its reply, until it is taken
answered/                           both, once it was taken
rejected/                           both, if it was no use, and why in ….rejected.md
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from pathlib import Path
from typing import BinaryIO

from langprop.errors import ConfigError
from langprop.llms.exchange_file import MAX_REPLY, Asked, Unusable

ANSWERED, REJECTED = "answered", "rejected"
REQUEST = ".request.md"

MAX_REQUEST = 200_000_000  # [bytes] a longer file is none of ours

# What editors and browsers make of "ID.reply.md": "ID.reply.md.txt", "ID.reply (1).md", ... Names
# of drafts and backups (".x", "x~", "x.bak", "x.draft") don't match.
_REPLY = re.compile(
    r"(?![.#~])(?:.*[^0-9a-f])?([0-9a-f]{16})\.reply(?:[ ._-].*)?\.(?:md|txt)", re.IGNORECASE
)
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class ExchangeFolder:
    """Requests and replies as files in a folder.

    Files come into being in one piece: as a draft that is renamed.

    Args:
        path: The folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def make(self) -> None:
        """Make the folder and see whether it can be written.

        Raises:
            ConfigError: It can't.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.room(ANSWERED)
            draft = self._draft(b"")
            draft.unlink()
        except OSError as error:
            raise ConfigError(
                f"the folder {self.path} can't be written ({error.strerror or error}): name "
                "another one, or change its permissions."
            ) from error

    def ask(self, asked: Asked) -> None:
        """Write a request, unless it lies there.

        Raises:
            OSError: It can't be written.
        """
        path = self.path / asked.file
        text = asked.render().encode("utf-8")
        try:
            if read_plain(path, MAX_REQUEST) == text:
                return
        except (OSError, Unusable):
            pass  # there is none, or half of one after a loss of power
        self.put(path, text)

    def look(self) -> tuple[set[str], dict[str, list[str]]]:
        """What lies in the folder.

        Returns:
            Names of requests; and names of replies by the id that they name, the best one first.

        Raises:
            OSError: The folder can't be read.
        """
        requests: set[str] = set()
        replies: dict[str, list[str]] = {}
        with os.scandir(self.path) as entries:
            for entry in entries:
                if entry.name.endswith(REQUEST):
                    requests.add(entry.name)
                elif (found := _REPLY.fullmatch(entry.name)) is not None:
                    replies.setdefault(found[1].lower(), []).append(entry.name)
        for names in replies.values():
            names.sort(key=lambda name: (len(name), name))  # the shortest is the plain one
        return requests, replies

    def is_answered(self, asked: Asked) -> bool:
        """Whether its reply was taken, by this process or another one."""
        return os.path.lexists(self.path / ANSWERED / asked.reply_file)

    def has_request(self, asked: Asked) -> bool:
        """Whether its file lies there. A list of the folder may pass over one that is renamed."""
        return os.path.lexists(self.path / asked.file)

    def rejection(self, asked: Asked) -> tuple[int, int] | None:
        """What tells the last time that its reply was found unusable; None if it never was."""
        try:
            status = os.lstat(self.path / REJECTED / _note(asked))
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def take(self, asked: Asked, name: str) -> bool:
        """Move a reply to those that are answered. Of several processes one does it.

        Returns:
            Whether there is a reply now.

        Raises:
            OSError: It can't be moved.
        """
        target = self.room(ANSWERED) / asked.reply_file
        if not os.path.lexists(target):
            try:
                (self.path / name).rename(target)
            except FileNotFoundError:
                return self.is_answered(asked)
        return True

    def read(self, asked: Asked) -> bytes:
        """The reply that was taken; its request follows it.

        Raises:
            Unusable: It is no plain file, or can't be read.
            OSError: The disk fails.
        """
        room = self.room(ANSWERED)
        with contextlib.suppress(FileNotFoundError):
            (self.path / asked.file).replace(room / asked.file)
        return read_plain(room / asked.reply_file, MAX_REPLY)

    def reject(self, asked: Asked, reply: Path, reason: str) -> None:
        """Put a reply aside, with its request and the reason. What can't be moved stays."""
        with contextlib.suppress(OSError):
            room = self.room(REJECTED)
            with contextlib.suppress(OSError):
                reply.replace(room / reply.name)
            self.put(room / _note(asked), f"{reply.name} {reason}\n".encode())
        self.put_aside(asked)

    def put_aside(self, asked: Asked) -> None:
        """Put a request whose reply was no use with it. What can't be moved stays."""
        for place in (self.path, self.path / ANSWERED):
            with contextlib.suppress(OSError):
                (place / asked.file).replace(self.room(REJECTED) / asked.file)

    def put(self, path: Path, data: bytes, *, replace: bool = True, safe: bool = False) -> None:
        """Write a file in one piece.

        Args:
            path: Where to.
            data: What stands in it.
            replace: Whether to replace a file that is there already.
            safe: Whether to wait until it would survive a loss of power.

        Raises:
            FileExistsError: It is there already.
            OSError: It can't be written; then there is nothing of it.
        """
        draft = self._draft(data, safe=safe)
        try:
            if replace:
                draft.replace(path)
            else:
                _link(draft, path)
        finally:
            draft.unlink(missing_ok=True)

    def room(self, name: str) -> Path:
        """A folder in the folder; it is made if it isn't there.

        Raises:
            OSError: It can't be made, or it is a link to somewhere else.
        """
        room = self.path / name
        if room.is_symlink():
            raise NotADirectoryError(errno.ENOTDIR, "is a link to somewhere else", str(room))
        room.mkdir(exist_ok=True)
        return room

    def _draft(self, data: bytes, *, safe: bool = False) -> Path:
        path = self.path / f".{secrets.token_hex(8)}.draft"
        try:
            with path.open("xb") as file:
                file.write(data)
                if safe:
                    file.flush()
                    os.fsync(file.fileno())
        except BaseException:  # a full disk, ^C
            path.unlink(missing_ok=True)
            raise
        return path


def _note(asked: Asked) -> str:
    """Name of the file that says why a reply was no use."""
    return f"{asked.stem}.rejected.md"


def read_plain(path: Path, limit: int) -> bytes:
    """Read a plain file; a link isn't followed, a pipe isn't waited for.

    Args:
        path: The file.
        limit: Largest size that is read [bytes].

    Raises:
        Unusable: It is no plain file, too large, or may not be read.
        FileNotFoundError: There is none.
        OSError: The disk fails.
    """
    with open_plain(path) as file:
        if os.fstat(file.fileno()).st_size > limit:
            raise Unusable(f"is larger than {limit:,} bytes.")
        return file.read(limit + 1)[: limit + 1]


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file for reading.

    Raises:
        Unusable: It is no plain file, or may not be read.
        FileNotFoundError: There is none.
        OSError: The disk fails.
    """
    no_file = Unusable("is no plain file, but a link, a folder or a pipe: copy the text into one.")
    try:
        descriptor = os.open(path, _OPEN)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):  # a link, a folder, a socket
            raise no_file from error
        if error.errno in (errno.EACCES, errno.EPERM):
            raise Unusable("can't be read: change its permissions.") from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise no_file
    return os.fdopen(descriptor, "rb")


def _link(draft: Path, path: Path) -> None:
    """Give a draft its name, unless that is taken."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # no hard links on this file system
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "exists already", str(path)) from None
        draft.replace(path)
