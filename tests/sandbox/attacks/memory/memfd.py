"""Memory files: they are no part of the address space."""

from toolbox import syscall

EXPECT = {"process": "leak"}


def f(x):
    import os

    fd = syscall("memfd_create", b"hoard", 0)
    sent = 0
    try:
        while fd >= 0 and sent < 8 << 20:
            sent += os.write(fd, bytes(1 << 16))
    except OSError:
        pass
    grown = fd >= 0 and syscall("fallocate", fd, 0, 0, 8 << 20) == 0
    return {"worked": ["memory file"] * (fd >= 0) + ["grown"] * (sent > 0 or grown)}
