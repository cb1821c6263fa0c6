"""Start a program by `posix_spawn`, with another way of cloning."""

import os


def f(x):
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    return {"worked": ["posix_spawn"]}
