"""One measurement: a server, a driver in a process of its own, and what they used."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PEERS = Path(__file__).parent / "peers"
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER


@dataclass(frozen=True)
class Case:
    """What one framework is asked to do.

    Attributes:
        proposals: Candidates to be proposed and judged.
        delay: The server's time per reply [s].
        concurrency: Requests in flight at a time.
        history: Candidates that are known before.
        variant: One of the driver's ways to run the framework.
    """

    proposals: int
    delay: float = 0.0
    concurrency: int = 32
    history: int = 0
    variant: str = ""


@dataclass(frozen=True)
class Result:
    """What came of it.

    Attributes:
        seconds: From the call of the framework until it came back [s].
        rate: Candidates per second, from the first request to the last judgement.
        judged: Candidates that were proposed and judged.
        most: Requests that were in flight together, as the server saw it.
        memory: The most that the framework's processes had together [bytes]; None if not asked for.
        settings: What was set.
        problem: Why there is no result, or why it isn't what was asked for; empty if all is well.
    """

    seconds: float = float("nan")
    rate: float = float("nan")
    judged: int = 0
    most: int = 0
    memory: int | None = None
    settings: str = ""
    problem: str = ""


def measure(
    python: Path, script: str, case: Case, *, memory: bool = False, limit: float = 150.0
) -> Result:
    """Run a driver once. Whatever processes it leaves behind are ended.

    Args:
        python: Of the framework's environment.
        script: Name of the driver.
        case: What it shall do.
        memory: Watch the memory; that costs the machine some time.
        limit: Time for all of it [s].
    """
    with tempfile.TemporaryDirectory(prefix="langprop-peers-") as name, serving(case.delay) as ask:
        folder = Path(name)
        (folder / "work").mkdir()
        job = asdict(case) | {
            "base_url": ask.base_url,
            "folder": str(folder / "work"),
            "result": str(folder / "result.json"),
        }
        del job["delay"]
        (folder / "job.json").write_text(json.dumps(job))
        before = children_of(os.getpid())
        with (folder / "output.txt").open("wb") as output:
            process = subprocess.Popen(
                [str(python), str(PEERS / script), str(folder / "job.json")],
                cwd=folder / "work",
                env=_environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            watch = Watch(process.pid) if memory else None
            try:
                process.wait(limit)
            except subprocess.TimeoutExpired:
                return Result(problem=f"not done within {limit:.0f} s")
            finally:
                peak = watch.close() if watch else None
                end_tree(process, before)
        try:
            found = json.loads((folder / "result.json").read_text())
        except (OSError, ValueError):
            lines = (folder / "output.txt").read_text("utf-8", "replace").strip().splitlines()
            return Result(problem=f"it failed: {lines[-1][:200] if lines else 'no output'}")
        server = ask()
    return _read(found, server, case, peak)


def _read(found: dict[str, Any], server: dict[str, Any], case: Case, peak: int | None) -> Result:
    judged = int(found["judged"])
    span = found["end"] - found.get("start", server["first"])
    problem = "" if judged >= case.proposals else f"{judged} of {case.proposals} candidates judged"
    return Result(
        seconds=found["seconds"],
        rate=judged / span,
        judged=judged,
        most=server["most"],
        memory=peak,
        settings=found["settings"],
        problem=problem,
    )


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the user's: no keys, no proxies, no settings; and no look-ups in the network."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "OPENAI_API_KEY": "none",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "NO_PROXY": "127.0.0.1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


# The server


class Serving:
    """The scripted server, in a process of its own.

    Attributes:
        base_url: Its address.
    """

    def __init__(self, delay: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(PEERS / "server.py"), str(delay)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.base_url = self.process.stdout.readline().strip()
        if not self.base_url:
            raise RuntimeError("the scripted server doesn't start")

    def __call__(self) -> dict[str, Any]:
        """Its figures."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        figures: dict[str, Any] = json.loads(self.process.stdout.readline())
        return figures


@contextlib.contextmanager
def serving(delay: float) -> Iterator[Serving]:
    """A server that takes so long for each reply [s]."""
    server = Serving(delay)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.communicate()


# Processes


def adopt_orphans() -> None:
    """Processes whose parent ends become children of this one, so that none is lost of sight."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


def _parents() -> dict[int, tuple[int, int]]:
    """Parent and session of each process."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):  # it may have ended by now
                # The name, in brackets, may hold anything.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                found[int(entry.name)] = int(fields[1]), int(fields[3])
    return found


def children_of(pid: int) -> set[int]:
    """The children of a process."""
    return {child for child, (parent, _) in _parents().items() if parent == pid}


def processes_of(leader: int) -> set[int]:
    """The processes of a session, and all their descendants."""
    table = _parents()
    found = {pid for pid, (_, session) in table.items() if leader in (pid, session)}
    while more := {pid for pid, (parent, _) in table.items() if parent in found} - found:
        found |= more
    return found


def end_tree(process: subprocess.Popen[bytes], before: set[int]) -> None:
    """End a driver and all that it started.

    Args:
        process: The driver.
        before: Other children of this process, which are left alone.
    """
    for _ in range(100):
        # What lost its parent is a child of this process now, in whatever session it is.
        adopted = children_of(os.getpid()) - before - {process.pid}
        found = adopted.union(*map(processes_of, adopted))
        if process.poll() is None:
            found |= processes_of(process.pid)
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for pid in adopted:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        if not found:
            return
        time.sleep(0.02)


def memory_of(leader: int) -> int:
    """Memory of a driver and all that it started [bytes]; what is shared is counted once."""
    return sum(_memory(pid) for pid in processes_of(leader))


def _memory(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    with contextlib.suppress(OSError, IndexError, ValueError):  # not ours to look into
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


class Watch:
    """Notes the peak of the memory in the background.

    Args:
        leader: Process whose tree is watched.
    """

    def __init__(self, leader: int) -> None:
        self.leader = leader
        self.peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(0.25):
            self.peak = max(self.peak, memory_of(self.leader))

    def close(self) -> int:
        """The peak [bytes]."""
        self._over.set()
        self._thread.join()
        return self.peak
