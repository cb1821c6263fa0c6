"""Process: one beside this one, which works until it isn't needed any more."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import subprocess
import threading
from collections.abc import Callable
from multiprocessing import spawn
from multiprocessing.connection import Connection
from typing import Any

from langprop import pythons

_STOP_TIME = 5.0  # [s]


class Process:
    """A process beside this one: new, not forked, for libsumo and sandboxes don't survive a fork.

    It finds modules as this one does, and what `__main__` defines, and ends with this process,
    however that ends. A ^C in the terminal isn't meant for it.

    Args:
        work: What it does: a function at the top level of a module. It is called with the other end
            of the connection and the arguments; when it returns, the process ends.
        arguments: Further arguments; pickled.

    Attributes:
        connection: To talk with it.

    Raises:
        OSError: It can't be started.
        RuntimeError: This process is being started itself, and runs a program that lacks
            `if __name__ == "__main__":`.
    """

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        preparation = spawn.get_preparation_data("langprop-drive")
        del preparation["authkey"]  # it mustn't be pickled, and isn't needed
        told = pickle.dumps((work, arguments))
        self.connection, theirs = multiprocessing.Pipe()
        held, self._lifeline = os.pipe()  # closed by the system, if by nobody else
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own code, by its full path
                # Not as `multiprocessing` does, with the working folder first on the path.
                pythons.command("langprop.driving.process", theirs.fileno(), held),
                pass_fds=[theirs.fileno(), held],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        except BaseException:
            self._hang_up()
            raise
        finally:
            theirs.close()
            os.close(held)
        try:
            self.connection.send(preparation)
            self.connection.send_bytes(told)
        except OSError:  # it has gone, as whoever listens to it finds out
            pass
        except BaseException:  # ^C: nobody could end it later
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """How it ended; None if it doesn't end. Less than 0 for the signal that killed it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(_STOP_TIME)
        return None

    def end(self) -> None:
        """Tell it to end, without waiting."""
        self._hang_up()
        self._process.terminate()

    def close(self) -> None:
        """End it. Closing twice is harmless."""
        self.end()
        if self.exit_code() is None:
            self._process.kill()
            self._process.wait()

    def _hang_up(self) -> None:
        lifeline, self._lifeline = self._lifeline, -1
        if lifeline >= 0:
            os.close(lifeline)
            self.connection.close()


def main(fd: int, lifeline: int) -> None:
    """Be such a process.

    Args:
        fd: Of the connection.
        lifeline: A pipe that ends when whoever started this has gone.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for each in (fd, lifeline):
        os.set_inheritable(each, False)  # what this starts shall not keep it from ending
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    connection = Connection(fd)
    this = multiprocessing.current_process()
    try:
        preparation = connection.recv()
        # The user's program is imported now; if it starts processes at once, it's told.
        vars(this)["_inheriting"] = True
        spawn.prepare(preparation)
        work, arguments = pickle.loads(connection.recv_bytes())  # noqa: S301 - of our own process
    except (EOFError, ConnectionError):  # whoever started it has gone
        return
    finally:
        vars(this).pop("_inheriting", None)
    work(connection, *arguments)


def _end_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(1)
