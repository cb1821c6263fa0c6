"""The zygote: a clean Python process that holds inputs, and forks the scripts' processes.

It was started with exec, so that nothing of the trainer's is in its memory: no labels, no keys. It
never runs scripts itself. A forked child shares the interpreter, numpy and the inputs with it,
copied only where the child writes, which makes a fresh process cheap.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
import math
import os
import resource
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from langprop import children
from langprop.errors import IsolationError
from langprop.sandbox import control, imports, linux
from langprop.sandbox.confine import Confinement, first_kept_fd
from langprop.sandbox.control import Message
from langprop.sandbox.frames import BROKEN
from langprop.sandbox.inputs import Call, read_inputs
from langprop.sandbox.job import Job
from langprop.sandbox.plan import Plan
from langprop.sandbox.stream import Stream
from langprop.sandbox.worker import run_batch, run_session

_MAX_GENERATIONS = 100  # of processes that were started by processes
_MAX_FILES = 1_024  # open in the zygote: one for each child


class Zygote:
    """The loop of the zygote.

    Args:
        channel: To the trusted side.
        confinement: What children give up.
        warm_up: Imports what scripts are likely to want. Called when there is nothing else to do,
            at the latest before the first script; the canary needs none of it.
    """

    def __init__(
        self, channel: socket.socket, confinement: Confinement, warm_up: Callable[[], None]
    ) -> None:
        self._channel = channel
        self._confinement = confinement
        self._warm_up: Callable[[], None] | None = warm_up
        self._idle = False
        self._inputs: dict[int, list[Call]] = {}
        self._children: dict[
            int, tuple[int, int]
        ] = {}  # pidfd → process id, number of the batch or session
        self._poll = select.poll()

    def serve(self) -> None:
        """Do what the trusted side says until it has gone."""
        gc.collect()
        self._settle()
        self._poll.register(self._channel.fileno(), select.POLLIN)
        report = linux.memfd(self._confinement.layers.to_json())
        control.send(self._channel, Message(control.READY, fds=[report]))
        os.close(report)
        while True:
            waiting = self._poll.poll(0 if self._idle and self._warm_up else None)
            if not waiting:
                self._get_warm()
            for fd, _ in waiting:
                if fd != self._channel.fileno():
                    self._reap(fd)
                    self._idle = True  # the canary is back
                    continue
                message = control.receive(self._channel)
                if message.kind == control.CLOSED:
                    return
                if message.number != control.CANARY:
                    self._get_warm()
                self._obey(message)

    def _get_warm(self) -> None:
        if self._warm_up is not None:
            self._warm_up()
            self._warm_up = None
            gc.collect()
            self._settle()

    def kill_all(self) -> None:
        """End all children, and what they may have started."""
        for pid, _ in self._children.values():
            os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self._children.clear()
        self._kill_orphans()

    def _obey(self, message: Message) -> None:
        if message.kind == control.LOAD:
            # Before, when there is little to look at: plain data holds no cycles.
            gc.collect()
            self._inputs[message.number] = read_inputs(message.fds[0])
            self._settle()
        elif message.kind == control.DROP:
            self._inputs.pop(message.number, None)
        else:
            self._fork(message)
        for fd in message.fds:
            os.close(fd)

    def _settle(self) -> None:
        """After new data: keep the children's garbage collector from copying it by touching."""
        gc.disable()
        gc.freeze()
        self._confinement.measure()

    def _fork(self, message: Message) -> None:
        try:
            self._confinement.before_fork()
            pid = os.fork()
        except OSError as error:
            number = error.errno or 0
            control.send(self._channel, Message(control.FAILED, message.number, number))
            return
        if pid == 0:
            try:
                self._child(message)
            except BaseException:  # nothing may get back into the zygote's loop
                os._exit(BROKEN)
            os._exit(0)  # no exit handlers, no waiting for threads: they may be the script's
        pidfd = linux.pidfd_open(pid)
        self._children[pidfd] = pid, message.number
        self._poll.register(pidfd, select.POLLIN)
        control.send(self._channel, Message(control.STARTED, message.number, pid, 0, [pidfd]))

    def _child(self, message: Message) -> None:
        job = Job.from_bytes(linux.read_all(message.fds[0]))
        # Of all that is open, only the channels of this script stay, at known places.
        first = first_kept_fd()
        channels = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, first) for fd in message.fds[1:]]
        try:
            # A session may go on for days; the trusted side watches each of its calls.
            n_calls = math.inf if message.kind == control.OPEN else len(job.todo)
            self._confinement.apply(job.limits, n_calls)
        except BaseException:
            traceback.print_exc()
            raise
        os.dup2(1, 2)  # to /dev/null; the zygote's goes to the trusted side
        gc.enable()
        inputs = self._forget_inputs().get(message.first, [])
        if message.kind == control.RUN:
            run_batch(job, inputs, *channels)
        elif message.kind == control.STREAM:
            out, progress, arena, source, memory = channels
            run_batch(job, Stream(source, memory), out, progress, arena)
        else:
            run_session(job, *channels)

    def _forget_inputs(self) -> dict[int, list[Call]]:
        """In a child: let go of all batches, of which the script shall find its own at most."""
        inputs, self._inputs = self._inputs, {}
        for batch in inputs.values():
            # Never freed: that would write to every object, and so copy all of them.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(batch))
        return inputs

    def _reap(self, pidfd: int) -> None:
        """A child has ended: end what it may have started, then say so."""
        pid, number = self._children.pop(pidfd)
        self._poll.unregister(pidfd)
        os.close(pidfd)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # Before it is waited for: its id can't belong to another group yet.
            os.killpg(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
        self._kill_orphans()
        size = usage.ru_maxrss * 1024
        control.send(self._channel, Message(control.ENDED, number, status, size))

    def _kill_orphans(self) -> None:
        """End what a script left behind in a session of its own; orphans become the zygote's."""
        if self._confinement.holds_children:
            return
        known = {pid for pid, _ in self._children.values()}
        listed = Path("/proc/thread-self/children")
        for _ in range(_MAX_GENERATIONS):
            try:
                orphans = set(map(int, listed.read_text(encoding="ascii").split())) - known
            except OSError:  # the kernel was built without it
                return
            if not orphans:
                return
            for pid in orphans:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _pidfd() -> int:
    try:
        return linux.pidfd_open(os.getpid())
    except OSError as error:
        raise IsolationError(
            "isolating scripts needs the pidfd calls of Linux 5.3 or later, which this kernel "
            "doesn't have; type isolation='none' to run generated code in the trainer's "
            "process, where it can do whatever you can."
        ) from error


def main(fd: int, plan: str) -> None:
    """Be a zygote.

    Args:
        fd: The control channel.
        plan: A `Plan` as JSON.
    """
    channel = socket.socket(fileno=fd)
    try:
        channel.set_inheritable(False)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        children.hear()
        # Where memory runs out, the system shall end this process or a script, not the user's.
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
        # A script that is told something shall not take the core from whoever tells it, and who
        # has more to tell to others.
        with contextlib.suppress(OSError, AttributeError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        _, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(_MAX_FILES, highest), highest))
        os.close(_pidfd())
        confinement = Confinement(Plan.from_json(plan), fd)
        # The trainer may be killed in the middle of anything; nothing here shall outlive it. Not
        # earlier: the kernel forgets it on the way into a namespace.
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
        names, sealed = Plan.from_json(plan).names, confinement.sealed
        zygote = Zygote(channel, confinement, lambda: imports.warm_up(names, everything=sealed))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    try:
        zygote.serve()
    except OSError:  # the trusted side has gone while it was being told something
        pass
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        zygote.kill_all()
        os._exit(0)
