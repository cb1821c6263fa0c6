"""Watch what others do in a folder."""

from toolbox import syscall, worked

EXPECT = {"process": "leak"}


def f(x):
    inotify, fanotify = syscall("inotify_init1", 0), syscall("fanotify_init", 0x600, 0)
    home = x["home"].encode()
    return worked(
        {
            "inotify": lambda: syscall("inotify_add_watch", inotify, home, 0xFFF),
            "fanotify": lambda: syscall("fanotify_mark", fanotify, 1, 0x3B, -100, home),
        }
    )
