"""Make files by all the calls that can."""

import os

from toolbox import syscall

EXPECT = {"process": "leak"}


def f(x):
    place, log = x["scratch"].encode(), x["scratch"].encode() + b"/log"
    syscall("openat", -100, place + b"/a", os.O_CREAT | os.O_WRONLY, 0o600)
    syscall("openat", -100, log, os.O_TRUNC, 0)
    syscall("openat", -100, place, 0o20000000 | os.O_DIRECTORY | os.O_WRONLY, 0o600)  # O_TMPFILE
    syscall("mkdirat", -100, place + b"/folder", 0o700)
    syscall("symlinkat", b"/etc/passwd", -100, place + b"/link")
    syscall("truncate", log, 0)
