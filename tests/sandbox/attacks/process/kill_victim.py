"""Signal another process of the same user, in each way that there is."""

import ctypes
import os
import signal

from toolbox import syscall


def f(x):
    pid, number = x["victim"], signal.SIGUSR1
    info = ctypes.create_string_buffer(128)
    ctypes.memmove(info, (ctypes.c_int * 3)(number, 0, -1), 12)
    attempts = [
        lambda: os.kill(pid, number),
        lambda: os.killpg(pid, number),
        lambda: syscall("kill", pid, number),
        lambda: syscall("kill", pid | 1 << 40, number),
        lambda: syscall("kill", -pid, number),
        lambda: syscall("tkill", pid, number),
        lambda: syscall("tgkill", pid, pid, number),
        lambda: syscall("tgkill", -1, pid, number),
        lambda: syscall("rt_sigqueueinfo", pid, number, info),
        lambda: syscall("rt_tgsigqueueinfo", pid, pid, number, info),
    ]
    for attempt in attempts:
        try:
            attempt()
        except OSError:
            pass
