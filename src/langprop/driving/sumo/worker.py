"""Worker: the process that holds a simulation; it does what its simulator says until that ends."""

from __future__ import annotations

import os
import signal
import socket
import sys
from typing import Any

from langprop.driving.control import Control
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the simulator decides what ^C means
    wire = Wire(socket.socket(fileno=fd))
    simulation: SumoSimulation | None = None
    try:
        while True:
            try:
                message = wire.receive(_LOOK_UP)
            except TimeoutError:
                # A process that was forked from the simulator's may hold its end open.
                if os.getppid() != parent:
                    break
                continue
            try:
                if simulation is None:
                    simulation = SumoSimulation()
                answer = _answer(simulation, message)
            except (LangPropError, ValueError) as error:
                answer = FAILED, type(error).__name__, str(error)
            if answer is not None:
                wire.send(answer)
    except (EOFError, OSError):  # the simulator has gone
        pass
    finally:
        if simulation is not None:
            simulation.close()
        sys.stderr.flush()
    os._exit(0)  # libraries of libsumo may crash on their way out


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
    return OK, pack_route(truth.route), pack_truth(truth)
