"""Start a thread in new namespaces, or a process as one's parent's child."""

from toolbox import libc, syscall


def f(x):
    found = []
    for flags in (0x10000011, 0x10011 | 0x10000000, 0x50000011, 0x8011 | 0x20000000):
        pid = syscall("clone", flags, 0, 0, 0, 0)
        if pid == 0:
            libc._exit(0)
        if pid > 0:
            found.append(hex(flags))
    return {"worked": found}
