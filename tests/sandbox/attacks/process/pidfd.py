"""Open another process as a descriptor, signal it, and take its files."""

import signal

from toolbox import syscall, worked

EXPECT = {"process": "leak"}


def f(x):
    fd = syscall("pidfd_open", x["victim"], 0)
    return worked(
        {
            "pidfd_open": lambda: fd,
            "pidfd_send_signal": lambda: syscall("pidfd_send_signal", fd, signal.SIGUSR1, None, 0),
            "pidfd_getfd": lambda: syscall("pidfd_getfd", fd, 0, 0),
            "process_mrelease": lambda: syscall("process_mrelease", fd, 0),
            "setns by pidfd": lambda: syscall("setns", fd, 0x40000000),
        }
    )
