"""Confinement: what a forked child gives up before it reads the script."""

from __future__ import annotations

import os
import re
import resource
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from langprop.sandbox import linux, namespaces
from langprop.sandbox.landlock import Ruleset
from langprop.sandbox.limits import Limits
from langprop.sandbox.namespaces import Namespaces
from langprop.sandbox.plan import Layers, Plan
from langprop.sandbox.seccomp import Filter

RESERVE = 64 << 20
"""Address space that is set free for reporting a `MemoryError` [bytes]."""

_KEPT_FDS = 16


def first_kept_fd() -> int:
    """Descriptors from here on stay open in a confined process."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return most - _KEPT_FDS


_T = TypeVar("_T")

_MAX_FILES = 64
_MAX_CPU = 1 << 31  # [s]
_MAX_MEMORY = 1 << 60  # [bytes] the kernel takes no larger numbers
_SPARE_TASKS = 1_000  # that scripts may add to those of the user, where no filter denies them

# What the C library and the standard library read, beside modules.
_SYSTEM_FILES = (
    "/dev/null",
    "/dev/urandom",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
)
_LIBRARY = re.compile(r"\.so(\.|$)|-linux-")  # files, and folders such as x86_64-linux-gnu
_LIBRARY_FOLDERS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
_NOT_STANDARD = ("site-packages", "dist-packages")


class Confinement:
    """The layers of isolation, prepared in the zygote and applied by each of its children.

    Enters namespaces at once: see `Namespaces`.

    Args:
        plan: What is wanted. What isn't to be had is left out, and reported.
        channel: Descriptor of the channel to the trusted side.

    Attributes:
        layers: What is there.
        sealed: Whether scripts can't open any file, so that they must find their modules loaded.
    """

    def __init__(self, plan: Plan, channel: int) -> None:
        self.layers = Layers(active=["rlimits", "no-new-privs"])
        self._n_tasks = self._base = 0
        self._first_kept_fd = first_kept_fd()
        self._namespaces: Namespaces | None = None
        if plan.namespaces:
            self._namespaces = self._prepare("namespaces", lambda: Namespaces([channel]))
        self._size = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        # Bubblewrap has entered them before.
        self.layers.namespaces = (
            self._namespaces.identities if self._namespaces else namespaces.identities()
        )
        if self._namespaces is not None:
            namespaces.hide_processes()
        self._zygote = linux.pidfd_open(os.getpid())
        self._ruleset: Ruleset | None = None
        if plan.landlock:
            self._ruleset = self._prepare("landlock", lambda: Ruleset(*_readable(plan)))
        policy = plan.policy
        if policy == "paths" and self._ruleset is None:
            policy = "sealed"  # nothing else says which files may be read
        self._filter: Filter | None = None
        if plan.seccomp:
            self._filter = self._prepare("seccomp", lambda: _working(Filter(policy)))
        self.sealed = policy == "sealed" and self._filter is not None
        if self._filter is None:
            self._n_tasks = linux.count_tasks(os.getuid()) + _SPARE_TASKS

    def _prepare(self, layer: str, make: Callable[[], _T]) -> _T | None:
        """Make a layer, or note why there is none."""
        try:
            made = make()
        except OSError as error:
            self.layers.missing[layer] = os.strerror(error.errno) if error.errno else str(error)
            return None
        self.layers.active.append(str(made))
        return made

    @property
    def holds_children(self) -> bool:
        """Whether whatever a child may start dies with it."""
        return self._namespaces is not None

    def measure(self) -> None:
        """Note how large this process is, as its children get their memory on top of that."""
        self._base = linux.address_space(self._size)

    def before_fork(self) -> None:
        """To be called before each fork.

        Raises:
            OSError: The kernel has no more namespaces.
        """
        if self._namespaces is not None:
            self._namespaces.before_fork()

    def apply(self, limits: Limits, n_calls: float) -> None:
        """Confine this process, which is a child of the zygote. There is no way back.

        Closes all descriptors from 3 up to `first_kept_fd()`.

        Args:
            limits: The script's limits.
            n_calls: Calls that will be made; infinite for a session.
        """
        os.setpgid(0, 0)  # so that it can be killed with whatever it may have started
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        poll = select.poll()
        poll.register(self._zygote, select.POLLIN)
        if poll.poll(0):  # the zygote died before it could take this process with it
            os._exit(1)
        self._set_limits(limits, n_calls)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write to a file shall be an OSError
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        linux.drop_capabilities()
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        if self._ruleset is not None:
            self._ruleset.apply()
        os.closerange(3, self._first_kept_fd)
        if self._filter is not None:
            self._filter.install(os.getpid())

    def _set_limits(self, limits: Limits, n_calls: float) -> None:
        memory = min(self._base + limits.memory, _MAX_MEMORY)
        linux.limit(resource.RLIMIT_AS, memory, memory + RESERVE)
        linux.limit(resource.RLIMIT_CPU, int(min(_MAX_CPU, 2 * limits.time * (n_calls + 1) + 10)))
        linux.limit(resource.RLIMIT_CORE, 0)
        linux.limit(resource.RLIMIT_FSIZE, 0)
        linux.limit(resource.RLIMIT_NOFILE, _MAX_FILES)
        linux.limit(resource.RLIMIT_MEMLOCK, 0)
        linux.limit(resource.RLIMIT_MSGQUEUE, 0)
        if self._n_tasks:
            linux.limit(resource.RLIMIT_NPROC, self._n_tasks)


def _working(candidate: Filter) -> Filter:
    """Try a filter in a process that ends.

    Raises:
        OSError: The kernel refuses it.
    """

    def attempt() -> None:
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        candidate.install(os.getpid())

    linux.in_child(attempt)
    return candidate


def _readable(plan: Plan) -> tuple[list[str], list[str]]:
    """Files and folders that scripts may read, and folders that they may list."""
    own = str(Path(__file__).resolve().parents[1])
    trees, folders = [*_SYSTEM_FILES, *plan.trees, own], [*plan.paths]
    # Packages lie inside the folder of the standard library, and bring data with them: so each
    # entry of it is allowed by itself.
    for folder in (path for path in sys.path if path not in plan.paths):
        if Path(folder).is_dir():
            folders.append(folder)
            trees += [each.path for each in os.scandir(folder) if each.name not in _NOT_STANDARD]
        else:
            trees.append(folder)  # a zip file
    more = [f"{sys.base_prefix}/lib", *os.environ.get("LD_LIBRARY_PATH", "").split(":")]
    for folder in dict.fromkeys([*_LIBRARY_FOLDERS, *more]):
        if folder and Path(folder).is_dir():
            trees += [each.path for each in os.scandir(folder) if _LIBRARY.search(each.name)]
    return trees, folders


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
