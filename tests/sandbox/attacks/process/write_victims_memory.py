"""Overwrite another process's memory."""

import ctypes

from toolbox import syscall, worked


def f(x):
    buffer = ctypes.create_string_buffer(b"LP-SECRET-" + b"0" * 32)
    here = (ctypes.c_ulong * 2)(ctypes.addressof(buffer), 42)
    there = (ctypes.c_ulong * 2)(x["victim_address"], 42)
    return worked(
        {
            "process_vm_writev": lambda: syscall(
                "process_vm_writev", x["victim"], here, 1, there, 1, 0
            )
        }
    )
