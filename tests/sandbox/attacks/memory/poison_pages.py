"""Ask the kernel to take pages out of use, to lock them, or to share them."""

import ctypes

from toolbox import syscall, worked


def f(x):
    memory = ctypes.create_string_buffer(1 << 16)
    address = (ctypes.addressof(memory) + 4095) & ~4095
    return worked(
        {
            "MADV_HWPOISON": lambda: syscall("madvise", address, 4096, 100),
            "MADV_SOFT_OFFLINE": lambda: syscall("madvise", address, 4096, 101),
            "mlockall": lambda: syscall("mlockall", 3),
        }
    )
