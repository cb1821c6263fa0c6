"""confine(): what a forked child gives up before it reads the script."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from pathlib import Path

from langprop.sandbox import linux, seccomp
from langprop.sandbox.limits import Limits

RESERVE = 64 << 20
"""Address space that is set free for reporting a `MemoryError` [bytes]."""

_MAX_FILES = 64
_MAX_CPU = 1 << 31  # [s]
_MAX_MEMORY = 1 << 60  # [bytes] the kernel takes no larger numbers


def confine(limits: Limits, base: int, n_calls: int, n_tasks: int, parent: int) -> None:
    """Limit this process. There is no way back.

    What this does not do: scripts can read files and open sockets. It stops accidents, not attacks.

    Args:
        limits: The script's limits.
        base: Address space of the interpreter with the inputs [bytes].
        n_calls: Calls that will be made.
        n_tasks: Threads and processes that the user may have; see `RLIMIT_NPROC`.
        parent: Process id of the zygote.
    """
    os.setpgid(0, 0)  # so that it can be killed with whatever it may have started
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before it could take this process with it
        os._exit(1)
    with contextlib.suppress(OSError):
        # Where memory runs out, the system shall end this process and not the user's.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    memory = min(base + limits.memory, _MAX_MEMORY)
    linux.limit(resource.RLIMIT_AS, memory, memory + RESERVE)
    linux.limit(resource.RLIMIT_CPU, min(_MAX_CPU, int(2 * limits.time * (n_calls + 1)) + 10))
    linux.limit(resource.RLIMIT_CORE, 0)
    linux.limit(resource.RLIMIT_FSIZE, 0)
    linux.limit(resource.RLIMIT_NOFILE, _MAX_FILES)
    linux.limit(resource.RLIMIT_NPROC, n_tasks)
    linux.limit(resource.RLIMIT_MEMLOCK, 0)
    linux.limit(resource.RLIMIT_MSGQUEUE, 0)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write to a file shall be an OSError
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    # Landlock and namespaces belong here; the system call filter comes last, as it may deny them.
    seccomp.install()


def lift_memory_limit() -> None:
    """Make the reserve usable, to report that memory ran out."""
    try:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    except (OSError, ValueError):  # the script has changed its limits
        pass


def restore_memory_limit() -> None:
    """Keep the reserve for the next time."""
    try:
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        if soft == hard and hard > RESERVE:
            resource.setrlimit(resource.RLIMIT_AS, (hard - RESERVE, hard))
    except (OSError, ValueError):
        pass
