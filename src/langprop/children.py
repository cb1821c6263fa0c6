"""Children: whether this process can learn how processes that it started have ended.

A process that ignores SIGCHLD can't: the kernel forgets them at once. It may have inherited that
from whoever started it.
"""

from __future__ import annotations

import signal
import threading

WHY = "this process ignores SIGCHLD: call  signal.signal(signal.SIGCHLD, signal.SIG_DFL)  first"
"""Why there is no exit status, and what to do about it."""


def unheard() -> bool:
    """Whether the ends of processes that were started here can't be known."""
    return hasattr(signal, "SIGCHLD") and signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN


def hear() -> None:
    """Have the ends of processes be known; for a program of our own, before it starts any.

    In other threads than the main one nothing is changed.
    """
    if unheard() and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
