"""What a program and the processes that it has started take of the machine."""

from __future__ import annotations

import os
from pathlib import Path

_TICK = 1.0 / os.sysconf("SC_CLK_TCK")  # [s]


def family() -> list[int]:
    """Ids of this process and of all that it has started, and they in turn."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        parents[int(path.parent.name)] = int(fields[1])
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)


def processor_time() -> float:
    """Processor time of the family so far, with those that have ended [s]."""
    ticks = 0
    for pid in family():
        try:
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        ticks += sum(map(int, text.rpartition(")")[2].split()[11:15]))
    return ticks * _TICK


def memory(*pids: int) -> int:
    """Memory that isn't of files; what processes share is counted once among them [bytes].

    Of files, such as libraries, a part is counted that depends on how many other programs use them.

    Args:
        *pids: Processes; the family, if none are given.
    """
    total = 0
    for pid in pids or family():
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        own = ("Pss_Anon:", "Pss_Shmem:")
        total += sum(int(line.split()[1]) for line in lines if line.startswith(own))
    return total * 1024


def disk(folder: Path) -> tuple[int, int]:
    """What a folder's files hold, and what they take of the disk [bytes]."""
    stats = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum(each.st_size for each in stats), sum(512 * each.st_blocks for each in stats)
