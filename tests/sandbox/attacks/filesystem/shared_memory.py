"""Leave a message in System V and POSIX shared memory, for a second run to find."""

from toolbox import libc, syscall

EXPECT = {"process": "leak"}
RUNS = 2


def f(x):
    found = []
    for name, arguments in (("shmget", (4096,)), ("semget", (1,)), ("msgget", ())):
        existed = syscall(name, x["ipc_key"], *arguments, 0o600)
        syscall(name, x["ipc_key"], *arguments, 0o1600)
        found += [name] * (existed >= 0)
    if libc.shm_open(b"/" + x["mark"].encode(), 0o102, 0o600) >= 0:
        found.append("shm_open")
    if syscall("mq_open", x["mark"].encode(), 0o102, 0o600, None) >= 0:
        found.append("mq_open")
    return {"worked": found}
