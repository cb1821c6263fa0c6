"""What happens in a script's process, after it was forked and confined.

Nothing here is trusted: the script runs in the same process and can reach all of it.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from langprop.sandbox.alarm import Alarm
from langprop.sandbox.arena import AnswerArena, ArgumentReader
from langprop.sandbox.caller import Caller, Result
from langprop.sandbox.confine import lift_memory_limit, restore_memory_limit
from langprop.sandbox.frames import BREAKS, LOAD_FAILED, LOADING, PROGRESS, FrameWriter
from langprop.sandbox.inputs import Call
from langprop.sandbox.job import Job
from langprop.sandbox.nested import Nested
from langprop.sandbox.printed import NoInput, Printed
from langprop.sandbox.seeds import Seeds
from langprop.sandbox.stream import Stream
from langprop.sandbox.wire import decode

LENGTH = struct.Struct("<Q")
"""Length of a message to a session [bytes]."""

_READ_SIZE, _MAX_READ = 1 << 13, 1 << 20  # [bytes]


class _Worker:
    """One script in its process.

    Args:
        job: The script and its limits.
        out_fd: Where results go.
        progress_fd: Memory that is shared with the trusted side.
        arena_fd: The same, for large arrays in answers.
    """

    def __init__(self, job: Job, out_fd: int, progress_fd: int, arena_fd: int) -> None:
        self.job = job
        self.progress = mmap.mmap(progress_fd, PROGRESS.size)
        self.frames = FrameWriter(out_fd, job.patience)
        self.printed = Printed(job.limits.printed)
        self.alarm = Alarm(job.limits.time)
        self.seeds = Seeds("\n".join([job.source, *(other.source for other in job.others)]))
        self.seeds.install()
        self.nested = Nested(self.printed) if job.others else None
        program = job.program(self.nested)
        self.arena = AnswerArena(arena_fd)
        self.caller = Caller(
            program, job.limits, self.alarm, free_memory=lift_memory_limit, arena=self.arena
        )
        sys.stdin = NoInput()
        self.printed.install()
        # The originals, too, which lead to /dev/null.
        vars(sys).update(__stdin__=sys.stdin, __stdout__=self.printed, __stderr__=self.printed)

    def begin(self, index: int) -> None:
        """Say what is being done: the trusted side kills this process if it takes too long."""
        PROGRESS.pack_into(self.progress, 0, index, time.perf_counter())
        printed = self.printed
        if sys.stdout is not printed or sys.stderr is not printed:
            printed.install()

    def end(self, index: int, result: Result) -> None:
        """Hand out a result."""
        status, payload, seconds = result
        printed = self.printed
        text = printed.take() if printed.length else b""
        self.frames.write(index, status, seconds, text, payload)


class _LinkedWorker(_Worker):
    """A script that calls others, in its process; what they say to each other is told as well."""

    nested: Nested

    def begin(self, index: int) -> None:
        """Say what is being done."""
        super().begin(index)
        self.nested.clear()

    def end(self, index: int, result: Result) -> None:
        """Hand out a result."""
        calls = self.nested.take()
        printed = self.printed.take()
        self.frames.write(
            index, result.status, result.seconds, printed, result.payload, calls=calls
        )


def _worker(job: Job, out_fd: int, progress_fd: int, arena_fd: int) -> _Worker:
    return (_LinkedWorker if job.others else _Worker)(job, out_fd, progress_fd, arena_fd)


def run_batch(
    job: Job, inputs: Sequence[Call] | Stream, out_fd: int, progress_fd: int, arena_fd: int
) -> None:
    """Load the script, then call its function on each input that is to be run.

    Ends early after a call that broke a limit: the process may be spoilt, and the rest goes to a
    fresh one.
    """
    worker = _worker(job, out_fd, progress_fd, arena_fd)
    worker.begin(LOADING)
    worker.seeds.set(0)
    worker.alarm.start()
    function = worker.caller.load()
    if isinstance(function, Result):
        worker.end(LOAD_FAILED, function)
        worker.frames.flush()
        return
    if job.todo[0] != 0:
        worker.printed.take()  # what is printed while loading belongs to the first sample
    for index in job.todo:
        worker.begin(index)
        worker.seeds.set(index)
        args, kwargs = inputs[index]
        result = worker.caller.call(function, args, kwargs)
        worker.end(index, result)
        if result.status in BREAKS:
            break
    worker.frames.flush()


def run_session(
    job: Job, channel_fd: int, progress_fd: int, arena_fd: int, arguments_fd: int
) -> None:
    """Answer messages until the channel is closed.

    A message is a list of episodes that have ended, and of the calls the episodes, how many
    positional arguments each has, these in one row, and the keyword arguments; no list of these if
    no call has any.
    """
    worker = _worker(job, channel_fd, progress_fd, arena_fd)
    arguments = ArgumentReader(arguments_fd)
    worker.begin(LOADING)
    worker.alarm.start()
    worker.alarm.pause()
    begin, end = worker.begin, worker.end
    episodes: dict[int, Callable[..., Any]] = {}
    while True:
        message = _receive(channel_fd)
        if message is None:
            return
        ended, calls, counts, row, kwargs = decode(message, fetch=arguments.read, own=True)
        worker.arena.clear()
        for episode in ended:
            episodes.pop(episode, None)
            worker.seeds.forget(episode)
        worker.alarm.resume()
        worker.frames.begin_turn()
        place = 0
        for index, (episode, count) in enumerate(zip(calls, counts, strict=True)):
            begin(index)
            args = row[place : place + count]
            place += count
            result = _step(worker, episodes, episode, args, kwargs[index] if kwargs else {})
            end(index, result)
            if result.status == "memory":
                restore_memory_limit()
        worker.alarm.rest()
        worker.frames.end_turn()


def _step(
    worker: _Worker,
    episodes: dict[int, Callable[..., Any]],
    episode: int,
    args: Sequence[Any],
    kwargs: dict[str, Any],
) -> Result:
    """One call of a session; the first of an episode loads the script anew."""
    if worker.seeds.used:
        worker.seeds.switch(episode)
    function = episodes.get(episode)
    if function is None:
        loaded = worker.caller.load()
        if isinstance(loaded, Result):
            return loaded
        function = episodes[episode] = loaded
    return worker.caller.call(function, args, kwargs)


def _receive(fd: int) -> bytes | None:
    """A message; None at the end of the channel. The next one comes only once it is answered."""
    head = os.read(fd, _READ_SIZE)
    while len(head) < LENGTH.size:
        data = os.read(fd, _READ_SIZE)
        if not data:
            return None
        head += data
    parts = [head[LENGTH.size :]]
    missing = LENGTH.unpack_from(head)[0] - len(parts[0])
    while missing > 0:
        data = os.read(fd, min(missing, _MAX_READ))
        if not data:
            return None
        missing -= len(data)
        parts.append(data)
    return parts[0] if len(parts) == 1 else b"".join(parts)
