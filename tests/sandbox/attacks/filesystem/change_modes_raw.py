"""Change modes and times by the raw calls, also of a descriptor that is a mere place."""

import os

from toolbox import libc, syscall

EXPECT = {"process": "leak"}


def f(x):
    path = x["key_file"].encode()
    syscall("chmod", path, 0o606)
    syscall("fchmodat", -100, path, 0o607)
    syscall("utimensat", -100, path, None, 0)
    syscall("setxattr", path, b"user.lp", b"x", 1, 0)
    fd = os.open(path, os.O_PATH)
    libc.fchmod(fd, 0o677)
    libc.fchown(fd, os.getuid(), os.getgid())
    syscall("chmod", f"/proc/self/fd/{fd}".encode(), 0o667)
