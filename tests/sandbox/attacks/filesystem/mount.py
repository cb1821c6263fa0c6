"""Mount things, and change the root."""

import os

from toolbox import syscall, worked


def f(x):
    place = x["scratch"].encode()
    nothing = b"/nonexistent"
    return worked(
        {
            "tmpfs": lambda: syscall("mount", b"none", nothing, b"tmpfs", 0, None),
            "proc": lambda: syscall("mount", b"proc", nothing, b"proc", 0, None),
            "bind": lambda: syscall("mount", place, nothing, None, 4096, None),
            "remount": lambda: syscall("mount", b"none", b"/nonexistent", None, 32, None),
            "umount": lambda: syscall("umount2", b"/nonexistent", 2),
            "fsopen": lambda: syscall("fsopen", b"no-such-fs", 0),
            "open_tree": lambda: syscall("open_tree", -100, place, 1),
            "chroot": lambda: os.chroot("/nonexistent"),
            "pivot_root": lambda: syscall("pivot_root", nothing, nothing),
        }
    )
