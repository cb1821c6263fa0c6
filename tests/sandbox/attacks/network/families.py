"""Open sockets of all families: netlink, Bluetooth, virtual machines, the kernel's ciphers."""

from toolbox import syscall, worked

EXPECT = {"process": "leak"}


def f(x):
    attempts = {}
    for family in range(1, 46):
        for kind in (1, 2, 3, 5):
            attempts[f"{family}/{kind}"] = lambda a=family, b=kind: syscall("socket", a, b, 0)
    return worked(attempts)
