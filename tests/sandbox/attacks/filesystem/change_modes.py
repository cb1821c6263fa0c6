"""Change modes, owners, times and attributes; none of that is writing."""

import os

EXPECT = {"process": "leak"}


def f(x):
    key = x["key_file"]
    for action in (
        lambda: os.chmod(key, 0o666),
        lambda: os.chown(key, os.getuid(), os.getgid()),
        lambda: os.utime(key, (1, 1)),
        lambda: os.setxattr(key, "user.lp", b"x"),
        lambda: os.chmod(x["home"], 0o777),
        lambda: os.utime(x["labels_file"]),
    ):
        try:
            action()
        except OSError:
            pass
