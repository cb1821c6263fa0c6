"""Watcher: looks for replies in the folder of an exchange, one thread for all who wait."""

from __future__ import annotations

import logging
import os
import shlex
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from langprop.errors import LLMCancelled, LLMError, LLMRequestError
from langprop.llms.base import Reply
from langprop.llms.exchange_file import END, MAX_REPLY, Asked, Unusable, is_blank, parse_reply
from langprop.llms.exchange_folder import ANSWERED, ExchangeFolder, open_plain

_log = logging.getLogger(__name__)

GRACE = 5.0  # [s] a folder on a network may be away for a moment
REMIND = 10.0  # [s] after which an empty reply is told of
PATIENCE = 2.0  # [s] after which it is told, once, that somebody must answer; a program has by then
SHARE = 20  # looking takes a twentieth of the time at the most, however slow the disk is


class Waiting:
    """A request that waits for its reply.

    Attributes:
        asked: The request.
        start: When it was asked, by `time.perf_counter` [s].
        waiters: Calls that wait for it; equal requests share a reply.
        done: Set once there is a result.
        result: The reply, or why there is none.
        trouble: Since when its files can't be handled [s], if so.
        rejected: What told of an unusable reply before it was asked; a later one is for it.
    """

    def __init__(self, asked: Asked, rejected: tuple[int, int] | None) -> None:
        self.asked = asked
        self.rejected = rejected
        self.start = time.perf_counter()
        self.waiters = 1
        self.done = threading.Event()
        self.result: Reply | LLMError | None = None
        self.trouble: float | None = None


class Watcher:
    """Looks for replies, one thread for all who wait. The thread ends when nobody waits.

    Args:
        folder: The folder.
        name: Who answers, for texts.
        poll: Time between two looks [s].
        settle: How long a reply doesn't change until it is complete [s].
        empty_after: How long a reply may be empty [s].
    """

    def __init__(
        self, folder: ExchangeFolder, *, name: str, poll: float, settle: float, empty_after: float
    ) -> None:
        self.folder = folder
        self.name = name
        self.poll = poll
        self.settle = settle
        self.empty_after = empty_after
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._open: dict[str, Waiting] = {}  # by id
        self._epoch = 0  # counts calls of `cancel`
        self._taken: set[str] = set()  # ids
        self._told: set[str] = set()  # names of files that were warned of
        self._seen: dict[str, tuple[tuple[int, int, int], float]] = {}  # since when files are so
        self._trouble: float | None = None
        self._waits = False  # whether it was told that somebody must answer

    def ask(self, asked: Asked) -> Waiting:
        """Write a request, unless it was answered, and wait for its reply.

        Returns:
            What waits: the same object for those who wait for the same reply.

        Raises:
            LLMError: The folder can't be written or read.
        """
        epoch = self._epoch
        waiting = Waiting(asked, self.folder.rejection(asked))
        try:
            if self.folder.is_answered(asked):  # before the run was started again
                self._finish(waiting)
                return waiting
            self.folder.ask(asked)
        except OSError as error:
            raise self._broken(error) from error
        with self._lock:
            if self._epoch != epoch:
                self._conclude(waiting, self._cancelled())
                return waiting
            known = self._open.setdefault(asked.id, waiting)
            if known is not waiting:
                known.waiters += 1
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._watch, name="langprop-exchange", daemon=True
                )
                self._thread.start()
            return known

    def leave(self, waiting: Waiting) -> bool:
        """Wait no more.

        Returns:
            Whether nobody got a reply, and nobody waits for it any more.
        """
        with self._lock:
            waiting.waiters -= 1
            if waiting.waiters or isinstance(waiting.result, Reply):
                return False
            if self._open.get(waiting.asked.id) is waiting:
                del self._open[waiting.asked.id]
            return True

    def cancel(self) -> None:
        """Give up all that waits."""
        with self._lock:
            self._epoch += 1
            for waiting in list(self._open.values()):
                self._conclude(waiting, self._cancelled())
        self._wake.set()

    def close(self) -> None:
        """Give up all that waits, and end the thread."""
        self.cancel()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(2.0)

    def _watch(self) -> None:
        while True:
            with self._lock:
                if not self._open:
                    self._thread = None
                    return
                waiting = list(self._open.values())
            self._wake.clear()
            start = time.perf_counter()
            pause = self.poll
            try:
                self._look(waiting)
                if not any(one.done.is_set() for one in waiting):  # nothing but looking
                    pause = max(pause, SHARE * (time.perf_counter() - start))
                self._trouble = None
            except OSError as error:
                self._trouble = self._trouble or start
                if start - self._trouble >= GRACE:
                    self._fail(waiting, self._broken(error))
            except Exception as error:  # nobody shall wait for a thread that has ended
                _log.exception("looking for replies failed")
                self._fail(waiting, LLMError(f"{self.name}: {type(error).__name__}: {error}"))
            self._wake.wait(pause)

    def _look(self, waiting: Sequence[Waiting]) -> None:
        requests, replies = self.folder.look()
        here = {name for names in replies.values() for name in names}
        self._seen = {name: seen for name, seen in self._seen.items() if name in here}
        for one in waiting:
            try:
                self._look_for(one, replies.get(one.asked.id, ()))
                if one.asked.file not in requests and not one.done.is_set():
                    self._restore(one)
                one.trouble = None
            except OSError as error:  # held by another program, or for good
                now = time.perf_counter()
                one.trouble = one.trouble or now
                if now - one.trouble >= GRACE:
                    self._fail([one], self._broken(error))
        self._tell_of(waiting)
        for asked_id in self._taken & replies.keys():
            for name in replies[asked_id]:
                if os.path.lexists(self.folder.path / name):  # not the one that was taken just now
                    self._tell(name, "answers what was answered already: the first reply counts")

    def _look_for(self, waiting: Waiting, names: Sequence[str]) -> None:
        asked = waiting.asked
        if self.folder.is_answered(asked):  # another process took it
            self._finish(waiting)
            return
        if self._is_rejected(waiting):
            return
        for name in names:
            try:
                complete = self._is_complete(name)
            except FileNotFoundError:
                continue
            except Unusable as error:
                self._reject(waiting, self.folder.path / name, str(error))
                return
            if complete and self.folder.take(asked, name):
                self._finish(waiting)
                return

    def _is_complete(self, name: str) -> bool:
        """Whether nobody writes on a reply any more.

        Raises:
            Unusable: It is no plain file, too large, or empty for too long.
            OSError: It can't be read now.
        """
        now = time.perf_counter()
        with open_plain(self.folder.path / name) as file:  # a server is asked; stat() may be old
            status = os.fstat(file.fileno())
            signature = (status.st_ino, status.st_size, status.st_mtime_ns)
            if name not in self._seen or self._seen[name][0] != signature:
                self._seen[name] = (signature, now)
            if status.st_size > MAX_REPLY:
                raise Unusable(f"is larger than {MAX_REPLY:,} bytes.")
            file.seek(max(0, status.st_size - 1_000))
            tail = file.read(1_000)
        if tail.rstrip().endswith(END.encode()):
            return True
        rest = now - self._seen[name][1]
        if status.st_size <= 1_000 and is_blank(tail):
            if rest >= self.empty_after:
                raise Unusable("is empty.")
            if rest >= REMIND:
                self._tell(name, "is empty: write the reply into it")
            return False
        return rest >= self.settle

    def _restore(self, waiting: Waiting) -> None:
        """The file of a request has gone: another process moved it, or somebody removed it."""
        asked = waiting.asked
        if self.folder.is_answered(asked):
            self._finish(waiting)
        elif not self.folder.has_request(asked) and not self._is_rejected(waiting):
            self.folder.ask(asked)
            self._tell(asked.file, "was removed before it was answered: it is written again")

    def _is_rejected(self, waiting: Waiting) -> bool:
        """Fail, if another process found the reply unusable meanwhile: none will come."""
        if self.folder.rejection(waiting.asked) in (None, waiting.rejected):
            return False
        self.folder.put_aside(waiting.asked)  # it may have been written again just then
        self._fail([waiting], self._unusable("the reply", "was found unusable by another run."))
        return True

    def _finish(self, waiting: Waiting) -> None:
        """Read the reply that was taken.

        Raises:
            OSError: It can't be read now.
        """
        asked = waiting.asked
        try:
            data = self.folder.read(asked)
            seconds = time.perf_counter() - waiting.start
            reply = parse_reply(data, asked.id, model=self.name, seconds=seconds)
        except Unusable as error:
            self._reject(waiting, self.folder.path / ANSWERED / asked.reply_file, str(error))
            return
        with self._lock:
            self._taken.add(asked.id)
            self._conclude(waiting, reply)

    def _reject(self, waiting: Waiting, reply: Path, reason: str) -> None:
        self.folder.reject(waiting.asked, reply, reason)
        self._fail([waiting], self._unusable(f"the reply {reply.name}", reason))

    def _fail(self, waiting: Sequence[Waiting], error: LLMError) -> None:
        with self._lock:
            for one in waiting:
                self._conclude(one, error)

    def _conclude(self, waiting: Waiting, result: Reply | LLMError) -> None:
        """Hand a result over; the lock is held. The first one counts."""
        if self._open.get(waiting.asked.id) is waiting:
            del self._open[waiting.asked.id]
        if not waiting.done.is_set():
            waiting.result = result
            waiting.done.set()

    def _tell(self, name: str, what: str) -> None:
        if name not in self._told:
            self._told.add(name)
            _log.warning("%s in %s %s.", name, self.folder.path, what)

    def _tell_of(self, waiting: Sequence[Waiting]) -> None:
        """Tell, once, that somebody must answer: else a run seems to hang."""
        still = [one for one in waiting if not one.done.is_set()]
        longest = max((time.perf_counter() - one.start for one in still), default=0.0)
        if self._waits or longest < PATIENCE:
            return
        self._waits = True
        _log.warning(
            "waiting for %d %s in %s: see what is asked with  langprop exchange list %s",
            len(still),
            "reply" if len(still) == 1 else "replies",
            self.folder.path,
            shlex.quote(str(self.folder.path)),
        )

    def _cancelled(self) -> LLMCancelled:
        return LLMCancelled(f"the request to {self.name} was given up.")

    def _unusable(self, what: str, reason: str) -> LLMRequestError:
        return LLMRequestError(f"{what} in {self.folder.path} {reason} It was put into rejected/.")

    def _broken(self, error: OSError) -> LLMError:
        return LLMError(
            f"the folder {self.folder.path} can't be used ({error.strerror or error}): see that it "
            "is there, that you have all rights in it, and that the disk isn't full; then start "
            "the run again: what was answered is found."
        )
