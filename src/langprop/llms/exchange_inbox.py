"""ExchangeInbox: the folder of an exchange, as those see it who answer."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from langprop.errors import ConfigError, UnknownName
from langprop.llms.exchange_file import (
    MAX_FRONT_MATTER,
    Asked,
    Unusable,
    decode,
    find_id,
    front_matter,
    is_blank,
    render_reply,
)
from langprop.llms.exchange_folder import (
    ANSWERED,
    MAX_REQUEST,
    REJECTED,
    REQUEST,
    ExchangeFolder,
    open_plain,
    read_plain,
)

State = Literal["open", "replied", "answered", "rejected"]


@dataclass(frozen=True)
class Entry:
    """A request that lies in the folder.

    Attributes:
        id: Its id.
        path: Its file.
        state: "open"; "replied" if the reply lies there, but was not taken yet; "answered";
            "rejected" if the reply was no use.
        about: Its front matter.
        size: Size of its file [bytes].
        asked: When it was written [s since 1970].
    """

    id: str
    path: Path
    state: State
    about: dict[str, str]
    size: int
    asked: float

    @property
    def reply_file(self) -> str:
        """Name of the file that the reply is expected in."""
        return self.path.name.removesuffix(REQUEST) + ".reply.md"


class ExchangeInbox:
    """The folder of an exchange, as those see it who answer: people, agents, programs.

        inbox = ExchangeInbox("folder")
        for entry in inbox.entries():
            if entry.state == "open":
                inbox.answer(entry.id, ask_somebody(inbox.read(entry).request.messages))

    Args:
        path: The folder.

    Raises:
        ConfigError: There is no such folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise ConfigError(
                f"there is no folder {self.path}: name the one that stands behind 'exchange:'."
            )
        self._folder = ExchangeFolder(self.path)

    def entries(self) -> list[Entry]:
        """All requests, in the order of the training.

        Raises:
            ConfigError: The folder can't be read.
        """
        try:
            _, replies = self._folder.look()
            found: dict[str, Entry] = {}
            rooms: list[tuple[Path, State]] = [
                (self.path / REJECTED, "rejected"),
                (self.path, "open"),  # asked anew
                (self.path / ANSWERED, "answered"),
            ]
            for room, state in rooms:
                for path in room.glob(f"*{REQUEST}") if not room.is_symlink() else ():
                    entry = _entry(path, state)
                    if entry is not None:
                        replied = state == "open" and self._is_there(replies.get(entry.id, ()))
                        found[entry.id] = replace(entry, state="replied") if replied else entry
        except OSError as error:
            raise ConfigError(
                f"the folder {self.path} can't be read ({error.strerror or error})."
            ) from error
        return sorted(found.values(), key=lambda entry: entry.path.name)

    def find(self, name: str) -> Entry:
        """The request with this id, or its beginning, or the name of its file.

        Raises:
            UnknownName: There is none, or there are several; names those that are near.
            ConfigError: The folder can't be read.
        """
        wanted = find_id(name) or name.strip().lower()
        entries = self.entries()
        found = [entry for entry in entries if wanted and entry.id.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        if not entries:
            raise UnknownName(f"{self.path} holds no request.")
        several = [entry.id for entry in found]
        near = several or difflib.get_close_matches(wanted, [e.id for e in entries], 3, 0.5)
        waiting = near or [entry.id for entry in entries if entry.state == "open"]
        shown = ", ".join(waiting[:5]) + (", …" if len(waiting) > 5 else "")
        what = f"{len(found)} requests begin" if several else "there is no request that begins"
        kind = "" if several else " Near ones:" if near else " Open ones:" if waiting else ""
        raise UnknownName(
            f"{what} with {name!r} in {self.path}{':' if several else '.'}{kind} {shown}".rstrip()
        )

    def read(self, entry: Entry) -> Asked:
        """What is asked.

        Raises:
            ConfigError: The file can't be read, or was changed.
        """
        try:
            text = read_plain(entry.path, MAX_REQUEST).decode("utf-8", "replace")
            try:
                return Asked.parse(text)
            except Unusable:  # went through a system with other line ends
                return Asked.parse(text.replace("\r\n", "\n"))
        except (OSError, Unusable) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ConfigError(f"{entry.path} {reason}") from error

    def answer(self, name: str, text: str | bytes, *, force: bool = False) -> Path:
        """Write the reply to a request, in one piece. It is complete at once.

        Args:
            name: Id of the request, or its beginning, or the name of its file.
            text: The reply; may begin with front matter.
            force: Whether to replace a reply that is there already. One that was taken already
                counts only for a run that is started again.

        Returns:
            The file.

        Raises:
            UnknownName: There is no such request.
            ConfigError: There is a reply already; it is empty, too large or no text; or it can't
                be written.
        """
        entry = self.find(name)
        try:
            text = decode(text) if isinstance(text, bytes) else text
            data = render_reply(text).encode("utf-8")
            if is_blank(text.encode("utf-8")):
                raise Unusable("is empty.")
            decode(data)
        except UnicodeEncodeError as error:
            raise ConfigError("the reply holds half a surrogate pair, which is no text.") from error
        except Unusable as error:
            raise ConfigError(f"the reply {error}") from error
        if entry.state in ("replied", "answered") and not force:
            raise ConfigError(
                f"{entry.id} has a reply already (in {self.path}): add --force to replace it."
            )
        try:
            room = self._folder.room(ANSWERED) if entry.state == "answered" else self.path
            path = room / entry.reply_file
            # What isn't a reply yet is an empty file that an editor made.
            over = force or (entry.state == "open" and path.is_file())
            self._folder.put(path, data, replace=over, safe=True)
        except FileExistsError as error:
            raise ConfigError(f"{entry.id} was answered by somebody else just now.") from error
        except OSError as error:
            raise ConfigError(
                f"the reply can't be written in {self.path} ({error.strerror or error})."
            ) from error
        return path

    def _is_there(self, names: Iterable[str]) -> bool:
        """Whether one of these replies holds anything."""
        paths = [self.path / name for name in names]
        return any(path.is_symlink() or not path.is_file() or path.stat().st_size for path in paths)


def _entry(path: Path, state: State) -> Entry | None:
    found = find_id(path.name)
    if not found:
        return None
    try:
        with open_plain(path) as file:
            head = file.read(4 * MAX_FRONT_MATTER).decode("utf-8", "replace")
        status = path.stat()
    except (FileNotFoundError, Unusable):  # taken just now; or none of ours
        return None
    about, _ = front_matter(head.replace("\r\n", "\n"))
    return Entry(found, path, state, about, status.st_size, status.st_mtime)
