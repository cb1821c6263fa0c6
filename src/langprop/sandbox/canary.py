"""Canary: a script of our own that tries to get out, to witness that scripts can't."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from langprop.errors import SandboxError
from langprop.sandbox import control, linux
from langprop.sandbox.frames import LOADING, PROGRESS, FrameReader
from langprop.sandbox.inputs import encode_call, pack_inputs
from langprop.sandbox.job import Job
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import Outcome

if TYPE_CHECKING:
    from langprop.sandbox.sandbox import Sandbox

_LIMITS = Limits(time=5.0)
_PATIENCE = 10.0  # [s]

SOURCE = '''
import ctypes, os, socket

def attempt(action):
    try:
        return action() is not False
    except BaseException:
        return False

def own(place):
    return lambda: open(place, "w").close() or os.unlink(place) or True

def talk(family, kind, address):
    def action():
        with socket.socket(family, kind) as link:
            link.settimeout(0.05)
            link.connect(address)
            link.send(b"?")
    return action

def start():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)

def peek(pid):
    call = ctypes.CDLL(None, use_errno=True).process_vm_readv
    return call(pid, 0, 0, 0, 0, 0) == 0

def canary(decoys):
    """Which of the attempts succeed."""
    tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
    pid = decoys["pid"]
    attempts = {
        "read files": lambda: open(decoys["file"]).read(1),
        "read /etc/passwd": lambda: open("/etc/passwd").read(1),
        "list folders": lambda: os.listdir(decoys["home"]),
        "write files": own(decoys["folder"] + "/canary"),
        "change files": lambda: os.chmod(decoys["file"], 0o600),
        "write shared memory": own("/dev/shm/langprop-canary-%d" % pid),
        "use the network (TCP)": talk(socket.AF_INET, tcp, ("127.0.0.1", decoys["tcp"])),
        "use the network (UDP)": talk(socket.AF_INET, udp, ("127.0.0.1", 9)),
        "talk to local services": talk(socket.AF_UNIX, tcp, decoys["unix"]),
        "talk to abstract sockets": talk(socket.AF_UNIX, tcp, decoys["abstract"]),
        "start processes": start,
        "run programs": lambda: os.posix_spawn("/bin/true", ["true"], {}),
        "signal other processes": lambda: os.kill(pid, 0),
        "look into other processes": lambda: peek(pid),
        "see other processes": lambda: str(pid) in os.listdir("/proc"),
        "read environments": lambda: open("/proc/%d/environ" % pid, "rb").read(1),
    }
    return {
        "done": [name for name, action in attempts.items() if attempt(action)],
        "environment": sorted(os.environ),
        "pid": os.getpid(),
        "metadata": attempt(lambda: os.stat(decoys["file"])),
    }
'''
ENTRY_POINT = "canary"


@contextmanager
def decoys() -> Iterator[dict[str, Any]]:
    """What the canary tries to reach: files and listeners of this process's."""
    with ExitStack() as stack:
        folder, file = Path("/"), Path("/etc/hostname")
        with contextlib.suppress(OSError):  # there is no room for temporary files
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="langprop-")))
            (folder / "decoy").write_text("decoy", encoding="ascii")
            file = folder / "decoy"
        abstract = f"\0langprop-canary-{os.getpid()}-{os.urandom(4).hex()}"
        tcp = _listener(stack, socket.AF_INET, ("127.0.0.1", 0))
        _listener(stack, socket.AF_UNIX, abstract)
        path = str(folder / "langprop-decoy.socket")
        if file.parent == folder:
            _listener(stack, socket.AF_UNIX, path)
        yield {
            "file": str(file),
            "folder": str(folder),
            "home": os.path.expanduser("~"),  # noqa: PTH111 - Path.home() raises where there is none
            "tcp": tcp.getsockname()[1] if tcp else 9,
            "unix": path,
            "abstract": abstract,
            "pid": os.getpid(),
        }


def _listener(stack: ExitStack, family: int, address: Any) -> socket.socket | None:
    """A socket that the canary may find; None where this machine has no such family."""
    try:
        listener = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
        listener.bind(address)
        listener.listen()
    except OSError:
        return None
    return listener


class Witness(NamedTuple):
    """What the canary tells.

    Attributes:
        done: Attempts that succeeded.
        environment: Names of the environment variables that it saw.
        pid: Its process id, as it saw it.
        metadata: Whether it could tell that a file exists.
        seconds: How long it took [s].
    """

    done: tuple[str, ...]
    environment: tuple[str, ...]
    pid: int
    metadata: bool
    seconds: float


def release(sandbox: Sandbox) -> Witness:
    """Run the canary as any other script.

    Raises:
        SandboxError: It didn't come back.
    """
    start = time.perf_counter()
    with decoys() as there:
        outcome = _run(sandbox, there)
    if outcome is None or outcome.status != "ok":
        what = f" ({outcome.status}: {outcome.exception})" if outcome else ""
        raise SandboxError(
            f"the sandbox can't run scripts on this system{what}. {sandbox.said()}".strip()
        )
    seen = outcome.output
    return Witness(
        tuple(seen["done"]),
        tuple(seen["environment"]),
        seen["pid"],
        seen["metadata"],
        time.perf_counter() - start,
    )


def _run(sandbox: Sandbox, there: dict[str, Any]) -> Outcome | None:
    source, sink = os.pipe()
    fds = [
        linux.memfd(*pack_inputs([encode_call((there,), {})])),
        linux.memfd(Job(SOURCE, ENTRY_POINT, _LIMITS, [0]).to_bytes()),
        linux.memfd(PROGRESS.pack(LOADING, 0.0)),
        linux.memfd(),
    ]
    try:
        sandbox.send(control.LOAD, control.CANARY, fds=fds[:1])
        sandbox.send(control.RUN, control.CANARY, control.CANARY, [fds[1], sink, *fds[2:]])
        os.close(sink)
        sink = -1
        data = _read(source)
    finally:
        for fd in (source, sink, *fds):
            if fd >= 0:
                os.close(fd)
    sandbox.send(control.DROP, control.CANARY)
    message = sandbox.receive()
    while message.kind not in (control.ENDED, control.FAILED, control.CLOSED):
        for fd in message.fds:
            os.close(fd)
        message = sandbox.receive()
    frames = FrameReader(_LIMITS).feed(data)
    return frames[0].outcome(_LIMITS) if frames else None


def _read(source: int) -> bytes:
    """All that comes, until the canary's process has ended or its time is over."""
    data = b""
    end = time.monotonic() + _PATIENCE
    poll = select.poll()
    poll.register(source, select.POLLIN)
    while (left := end - time.monotonic()) > 0 and poll.poll(1_000 * left):
        part = os.read(source, 1 << 16)
        if not part:
            break
        data += part
    return data
