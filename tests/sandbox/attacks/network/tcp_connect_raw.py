"""Connect by raw system calls."""

import ctypes
import struct

from toolbox import syscall

EXPECT = {"process": "leak"}


def f(x):
    port = x["ports"]["TCP"]
    address = struct.pack("=H", 2) + struct.pack(">H4s8x", port, bytes([127, 0, 0, 1]))
    for kind in (1, 1 | 0o4000, 5):  # TCP, without waiting, packets in sequence
        fd = syscall("socket", 2, kind, 0)
        syscall("connect", fd, ctypes.create_string_buffer(address), 16)
