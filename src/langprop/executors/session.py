"""LocalSession: a script kept alive in a process of its own."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from itertools import chain

from langprop.errors import DataError, SandboxError, WireError
from langprop.executors.base import Session, SessionCall
from langprop.executors.channel import Channel
from langprop.executors.dispatcher import Dispatcher
from langprop.executors.run import killed
from langprop.executors.task import abandoned
from langprop.executors.turn import Turn
from langprop.sandbox.arena import ArgumentArena
from langprop.sandbox.frames import BREAKS, GARBAGE, TURN, Frame, answers, apart, outcomes
from langprop.sandbox.job import Job
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import Outcome, Status
from langprop.sandbox.plain import LEAVES
from langprop.sandbox.wire import PLAIN, encode
from langprop.scripts.script import Script

_PATIENCE = 0.000_2  # [s]
_IS_CLOSED = "the session is closed: open a new one."
_CLOSED = "the session was closed during a call."


class _Holder:
    """What must be closed when a session is garbage."""

    process: Channel | None = None

    def close(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.close()


class LocalSession(Session):
    """A script kept alive in a process of its own.

    Messages go to it directly, without the dispatcher.

    A call that hangs or crashes ends the process. The calls after it go to a new one, where all
    episodes start afresh: module-level state is lost. After `limits.failures` calls that broke a
    limit the script is abandoned, and calls fail at once; a long-lived session should have a large
    number there.

    Args:
        dispatcher: Starts the processes.
        script: The script.
        limits: Its limits.
    """

    def __init__(self, dispatcher: Dispatcher, script: Script, limits: Limits) -> None:
        self._dispatcher = dispatcher
        self._limits = limits
        self._job = Job.of(script, limits, (), _PATIENCE).to_bytes()
        self._lock = threading.Lock()
        self._holder = _Holder()
        self._closed = False
        self._turn: Turn | None = None
        self._ended: list[int] = []
        self._failures = 0
        self._last_failure: Status = "timeout"
        weakref.finalize(self, self._holder.close)

    def call_many(self, calls: Sequence[SessionCall]) -> list[Outcome]:
        """Make all calls in one round trip; outcomes are in the order of the calls.

        Raises:
            DataError: Arguments that aren't plain data.
            SandboxError: The sandbox itself failed, or the session is closed.
        """
        with self._lock:
            self._check_idle()
            turn = Turn(calls)
            self._guarded(turn, wait=True)
            return list(self._outcomes(turn)[:])  # a slice is made at the speed of C

    def begin(self, calls: Sequence[SessionCall]) -> None:
        """Send calls; `finish` gives the outcomes.

        Raises:
            DataError: Arguments that aren't plain data.
            SandboxError: The sandbox itself failed, the session is closed, or other calls are
                under way.
        """
        with self._lock:
            self._check_idle()
            turn = Turn(calls)
            if turn.n_pending:
                self._guarded(turn)
            self._turn = turn

    def finish(self, *, wait: bool = True) -> Sequence[Outcome] | None:
        """The outcomes of the calls that were begun; None if they aren't there yet.

        Args:
            wait: Whether to wait for them.

        Raises:
            SandboxError: The sandbox itself failed, or the session is closed.
        """
        with self._lock:
            if self._closed:
                raise SandboxError(_IS_CLOSED)
            if self._turn is None:
                raise SandboxError("no calls are under way: begin() comes first.")
            turn = self._turn
            if not self._guarded(turn, wait=wait):
                return None
            self._turn = None
            return self._outcomes(turn)

    def fileno(self) -> int:
        """Descriptor that can be read from when `finish` may have something to give."""
        process = self._holder.process
        return -1 if process is None else process.fileno()

    def end_episode(self, episode: int) -> None:
        """Forget the state of an episode; the process is told with the next calls."""
        self._ended.append(episode)

    def close(self) -> None:
        """End the process."""
        self._closed = True
        self._holder.close()

    def _check_idle(self) -> None:
        if self._closed:
            raise SandboxError(_IS_CLOSED)
        if self._turn is not None:
            raise SandboxError("calls are under way: finish() comes first.")

    def _guarded(self, turn: Turn, *, wait: bool | None = None) -> bool:
        """Begin calls, or go on; leaves no process behind whose answers nobody will ask for.

        Args:
            turn: The calls.
            wait: As for `finish`; None to begin them.

        Returns:
            Whether all calls have a result.
        """
        try:
            return self._go_on(turn, wait=wait) if wait is not None else not self._send(turn)
        except DataError:  # nothing was sent
            raise
        except OSError as error:
            self._give_up()
            if self._closed:
                raise SandboxError(_CLOSED) from error
            raise
        except BaseException:  # a ^C leaves answers on their way
            self._give_up()
            raise

    def _give_up(self) -> None:
        self._turn = None
        self._holder.close()

    def _outcomes(self, turn: Turn) -> Sequence[Outcome]:
        if turn.answers is not None:
            return turn.answers
        return outcomes([frame for frame in turn.frames if frame is not None], self._limits)

    def _go_on(self, turn: Turn, *, wait: bool) -> bool:
        """Take results, and have calls made again that had none when a process ended.

        Returns:
            Whether all calls have a result.
        """
        while turn.n_pending:
            if not turn.sent and not self._send(turn):
                break
            process = self._process()
            if not (process.ready or process.started(wait=wait)):
                return False
            status: Status = "crash"
            text = ""
            try:
                if turn.broken is not None:
                    status, text = turn.broken
                    results: list[Frame] | None = []
                else:
                    if not turn.attended:
                        turn.attended = True
                        process.attend()
                    results = process.receive(wait=wait)
                    if results is None:
                        return False
                    self._take(turn, results)
            except TimeoutError:
                status, text, results = "timeout", killed(self._limits), []
            except SandboxError as error:
                text, results = str(error), []
            if not results and turn.n_pending:
                self._blame(turn, process, status, text)
            elif not results:  # more answers than calls
                self._holder.close()
        return True

    def _send(self, turn: Turn) -> bool:
        """Send the calls that have no result.

        Returns:
            Whether that makes sense: a script that was abandoned has failed in all of them.
        """
        if self._failures >= self._limits.failures:
            text = abandoned(self._failures, self._last_failure)
            frame = Frame(0, self._last_failure, 0.0, b"", text)
            turn.frames = [known or frame for known in turn.frames]
            turn.n_pending = 0
            return False
        calls = turn.calls
        if turn.n_pending < len(calls):
            turn.todo = [number for number, frame in enumerate(turn.frames) if frame is None]
            calls = [calls[number] for number in turn.todo]
        turn.broken = None
        process = self._process()
        message = self._message(calls, process.arguments)
        try:
            process.send(message)
        except TimeoutError:
            turn.broken = "timeout", killed(self._limits)
        except OSError:  # it went while it was being told something
            turn.broken = "crash", ""
        turn.sent, turn.attended = True, False
        return True

    def _take(self, turn: Turn, results: Sequence[Frame]) -> None:
        if results and results[0].number == TURN:
            results = self._whole(turn, results)
        todo, frames = turn.todo, turn.frames
        for frame in results:
            number = frame.number
            if not turn.n_pending or number >= len(todo) or frames[todo[number]] is not None:
                raise SandboxError(GARBAGE)
            frames[todo[number]] = frame
            turn.n_pending -= 1
            if frame.status in BREAKS:
                self._count(frame.status)

    def _whole(self, turn: Turn, results: Sequence[Frame]) -> Sequence[Frame]:
        """Take the frame of a whole turn: the frames that are still to be looked at."""
        count = len(turn.todo)
        if len(results) > 1 or turn.n_pending != count:
            raise SandboxError(GARBAGE)
        found = answers(results[0], count, self._limits)
        if found is None or count < len(turn.calls):  # others have frames
            return apart(results[0], count)
        turn.answers, turn.n_pending = found, 0
        return ()

    def _blame(self, turn: Turn, process: Channel, status: Status, text: str) -> None:
        """The process has ended, or has to: one of the calls is to blame."""
        todo, frames = turn.todo, turn.frames
        number, seconds = process.busy_with
        if not text:
            status, text = process.end()
        self._holder.close()
        if not (0 <= number < len(todo) and frames[todo[number]] is None):
            number = next(n for n, place in enumerate(todo) if frames[place] is None)
        frames[todo[number]] = Frame(number, status, seconds, b"", text.encode())
        turn.n_pending -= 1
        turn.sent = False
        self._count(status)

    def _process(self) -> Channel:
        """The process; a new one if there is none."""
        process = self._holder.process
        if process is None:
            process = Channel(self._dispatcher, self._job, self._limits)
            self._holder.process = process
            if self._closed:  # in this moment: whoever did so found nothing to close
                raise SandboxError(_CLOSED)
        return process

    def _message(self, calls: Sequence[SessionCall], arena: ArgumentArena) -> bytes:
        arena.clear()
        ended = list(self._ended)
        # Column by column, and arguments in one row: it takes a part of the time.
        if len(calls) == 1:
            episode, values, names = calls[0]
            row, kwargs = list(values), [dict(names)] if names else []
            columns = [ended, [episode], [len(row)], row, kwargs]
        else:
            episodes, args, named = zip(*calls, strict=True)
            row = list(chain.from_iterable(args))
            kwargs = list(map(dict, named)) if any(named) else []
            columns = [ended, list(episodes), list(map(len, args)), row, kwargs]
        flat = not kwargs and LEAVES.issuperset(map(type, row))
        try:
            message = encode(columns, arena, flat=flat)
        except WireError as error:
            raise DataError(
                f"the arguments of a call can't be sent to the sandbox: {_problem(calls, error)}. "
                f"They may hold {PLAIN}."
            ) from error
        del self._ended[: len(ended)]
        return message

    def _count(self, status: Status) -> None:
        self._failures += 1
        self._last_failure = status


def _problem(calls: Sequence[SessionCall], error: WireError) -> WireError:
    """What is wrong, and where it is among the arguments of one call."""
    for call in calls:
        for part in (list(call.args), dict(call.kwargs)):
            try:
                encode(part)
            except WireError as problem:
                return problem
    return error
