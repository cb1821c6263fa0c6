"""Guardian: ends the programs of this process, also when that is killed.

One shell for all programs: it reads which process groups there are, and when the pipe to it is
closed, by whatever end this process has found, it kills those that are left.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from pathlib import Path

_WATCH = """
trap '' INT TERM HUP QUIT
all=" "
while read -r what group; do
    case "$what" in
        +) all="$all$group " ;;
        -) case "$all" in *" $group "*)
               all="${all%%" $group "*} ${all#*" $group "}" ;;
           esac ;;
    esac
done
for group in $all; do kill -s KILL -- "-$group"; done
# On Linux, also what left its group, or was started just before the end.
grep -ls "$1" /proc/[0-9]*/environ | while read -r file; do
    pid=${file#/proc/}
    kill -s KILL "${pid%/environ}"
done
"""

MARK = "LANGPROP_CALL"
"""Environment variable of a program; its descendants are found by it."""


class Guardian:
    """Kills process groups when this process ends, in whatever way. It needs POSIX.

    Args:
        token: What the `MARK` of all programs begins with.
    """

    def __init__(self, token: str) -> None:
        self.token = token
        self._lock = threading.Lock()
        self._shell: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def start(self) -> None:
        """Be there before the first program is."""
        with self._lock:
            if self._shell is None or self._owner != os.getpid():
                self._owner = os.getpid()
                self._shell = self._start()

    def watch(self, group: int) -> None:
        """From now on, a process group shall not outlive this process."""
        self._say(f"+ {group}\n")

    def forget(self, group: int) -> None:
        """It has ended: its number may be another's soon."""
        self._say(f"- {group}\n")

    def close(self) -> None:
        """End the shell; it kills what is left."""
        with self._lock:
            shell, self._shell = self._shell, None
        if shell is not None and self._owner == os.getpid():
            assert shell.stdin is not None  # noqa: S101 - for mypy
            with contextlib.suppress(OSError):
                shell.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                shell.wait(5.0)

    def _say(self, line: str) -> None:
        with self._lock:
            if self._shell is not None and self._shell.stdin is not None:
                with contextlib.suppress(OSError):  # somebody killed the shell
                    self._shell.stdin.write(line.encode("ascii"))
                    self._shell.stdin.flush()

    def _start(self) -> subprocess.Popen[bytes] | None:
        with contextlib.suppress(OSError):  # no process to be had; the program tells of that, too
            return subprocess.Popen(  # noqa: S603 - our own text
                ["/bin/sh", "-c", _WATCH, "sh", f"{MARK}={self.token}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PATH": "/usr/bin:/bin"},
                cwd="/",
                start_new_session=True,  # ^C on the terminal is not for it
            )
        return None


def kill_by_token(token: str) -> None:
    """Kill all processes whose `MARK` begins so: also those that left their session. On Linux."""
    needle = f"{MARK}={token}".encode("ascii")
    for _ in range(5):  # what was started while we looked
        found = False
        for pid in _pids():
            with contextlib.suppress(OSError):  # another user's, or gone
                if needle in Path(f"/proc/{pid}/environ").read_bytes():
                    os.kill(pid, signal.SIGKILL)
                    found = True
        if not found:
            return


def _pids() -> list[int]:
    own = str(os.getpid())
    with contextlib.suppress(OSError):  # another system
        names = [path.name for path in Path("/proc").iterdir()]
        return [int(name) for name in names if name.isdecimal() and name != own]
    return []
