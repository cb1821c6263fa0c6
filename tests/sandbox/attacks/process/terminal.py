"""Type into the user's terminal."""

import fcntl
import os
import struct

from toolbox import worked


def f(x):
    def push(fd):
        fcntl.ioctl(fd, 0x5412, b" ")  # TIOCSTI
        return True

    def steal():
        fd = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        return struct.pack("i", fd) and push(fd)

    attempts = {f"fd {fd}": lambda fd=fd: push(fd) for fd in range(3)}
    return worked({**attempts, "/dev/tty": steal})
