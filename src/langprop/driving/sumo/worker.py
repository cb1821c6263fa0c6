"""Worker: the process that holds a simulation; it does what its simulator says until that ends.

SUMO doesn't quite forget one episode when it begins the next: now and then a vehicle dawdles
otherwise, as if the order of things in memory mattered. So each episode runs in a process of its
own, forked from one that has loaded the library and the towns, and has never simulated anything.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import select
import signal
import socket
import sys
from typing import Any, NoReturn

from langprop.driving.control import Control
from langprop.driving.maps.towns import town
from langprop.driving.sumo import library
from langprop.driving.sumo.simulation import SumoSimulation
from langprop.driving.sumo.wire import Wire, pack_route, pack_truth
from langprop.driving.task import RouteTask
from langprop.errors import LangPropError

_LOOK_UP = 5.0  # how often an idle worker looks whether its simulator is there [s]

OK, FAILED = 0, 1


def main(fd: int, parent: int) -> None:
    """Be a worker.

    Args:
        fd: Of the socket to the simulator.
        parent: Id of its process.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # nobody forks well beside threads
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the simulator decides what ^C means
    wire = Wire(socket.socket(fileno=fd))
    try:
        message = _receive(wire, parent)
        while message is not None:
            problem = _prepare(message)
            if problem is not None:
                wire.send(problem)
                message = _receive(wire, parent)
            elif hasattr(os, "fork"):
                message = _in_a_fork(wire, message, parent)
            else:
                message = _episodes(wire, message, parent)
    except (EOFError, OSError):  # the simulator has gone
        pass
    sys.stderr.flush()
    os._exit(0)  # libraries of libsumo may crash on their way out


def _prepare(message: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Load what all episodes share; the answer, if that fails."""
    try:
        library.load()
    except LangPropError as error:
        return FAILED, type(error).__name__, str(error)
    with contextlib.suppress(LangPropError, ValueError):  # the episode tells
        place = town(message[1]["town"])
        _ = place.network, place.lanes
    return None


def _in_a_fork(wire: Wire, message: tuple[Any, ...], parent: int) -> tuple[Any, ...] | None:
    """Have an episode run in a process of its own.

    Returns:
        The message that begins the next one; None if the simulator has gone.
    """
    out, back = os.pipe()
    here = os.getpid()
    pid = os.fork()
    if not pid:
        os.close(out)
        _be_a_fork(wire, message, back, here)
    os.close(back)
    data = b""
    try:
        while True:
            if not select.select([out], [], [], _LOOK_UP)[0]:
                # A process that was forked from the simulator's may hold its end open.
                if os.getppid() != parent:
                    os._exit(0)  # the fork ends with this process
                continue
            piece = os.read(out, 1 << 16)
            if not piece:
                break
            data += piece
    finally:
        os.close(out)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):  # end likewise: the simulator tells how its worker ended
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(here, number)
    if code := os.WEXITSTATUS(status):
        os._exit(code)
    return marshal.loads(data) if data else None  # noqa: S302 - our own process wrote it


def _be_a_fork(wire: Wire, message: tuple[Any, ...], back: int, parent: int) -> NoReturn:
    """Run an episode, and hand back the message that begins the next one."""
    code = 1
    try:
        if sys.platform == "linux":
            from langprop.sandbox import linux

            linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        following = _episodes(wire, message, parent, once=True)
        if following is not None:
            with os.fdopen(back, "wb") as file:
                file.write(marshal.dumps(following))
        code = 0
    except (EOFError, OSError):  # the simulator has gone
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _episodes(
    wire: Wire, message: tuple[Any, ...], parent: int, *, once: bool = False
) -> tuple[Any, ...] | None:
    """Do what messages say.

    Args:
        wire: To the simulator.
        message: The first one.
        parent: Id of the process that this one ends with.
        once: Whether another episode is another process's.

    Returns:
        The message that begins another episode; None if the parent has gone.
    """
    simulation = SumoSimulation()
    begun = False
    while True:
        if message[0] == "reset":
            if begun and once:
                return message
            begun = True
        try:
            answer = _answer(simulation, message)
        except (LangPropError, ValueError) as error:
            answer = FAILED, type(error).__name__, str(error)
        if answer is not None:
            wire.send(answer)
        following = _receive(wire, parent)
        if following is None:
            return None
        message = following


def _receive(wire: Wire, parent: int) -> tuple[Any, ...] | None:
    """The next message; None if the parent has gone."""
    while True:
        try:
            message: tuple[Any, ...] = wire.receive(_LOOK_UP)
            return message
        except TimeoutError:
            if os.getppid() != parent:
                return None


def _answer(simulation: SumoSimulation, message: tuple[Any, ...]) -> tuple[Any, ...] | None:
    what, *given = message
    if what == "step":
        simulation.step(Control(*given))
        return OK, pack_truth(simulation.truth())
    if what == "remove":
        simulation.remove(*given)
        return None  # nobody waits
    task, seed = given
    simulation.reset(RouteTask.from_dict(task), seed)
    truth = simulation.truth()
    return OK, os.getpid(), pack_route(truth.route), pack_truth(truth)
