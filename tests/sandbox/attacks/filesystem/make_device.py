"""Make a device file of one's own, of the first disk."""

import os

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    def make(kind, number):
        os.mknod(f"{x['scratch']}/node-{kind}", kind | 0o600, number)
        return True

    return worked(
        {
            "block": lambda: make(0o060000, os.makedev(8, 0)),
            "character": lambda: make(0o020000, os.makedev(1, 1)),
            "pipe": lambda: make(0o010000, 0),
            "socket": lambda: make(0o140000, 0),
        }
    )
