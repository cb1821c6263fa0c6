"""Open a file as a mere place, which no rule forbids, then reopen it for reading."""

import os

from toolbox import libc, secrets

EXPECT = {"process": "leak"}


def f(x):
    fd = os.open(x["key_file"], os.O_PATH)
    folder = os.open(x["home"] + "/.ssh", os.O_PATH)
    fds = [libc.open(f"/proc/self/fd/{fd}".encode(), 0), libc.open(f"/dev/fd/{fd}".encode(), 0)]
    fds += [libc.openat(folder, b"id_ed25519", 0), fd]
    found = []
    for each in fds:
        try:
            found += secrets(os.read(each, 1_000))
        except OSError:
            pass
    return found
