"""Have a library that is written in C read the file."""

import ctypes

import numpy as np

from toolbox import secrets

EXPECT = {"process": "leak"}


def f(x):
    found = []
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    libc.fopen.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    libc.fgets.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    file = libc.fopen(x["key_file"].encode(), b"r")
    if file:
        buffer = ctypes.create_string_buffer(200)
        libc.fgets(buffer, 200, file)
        found += secrets(buffer.raw)
    for read in (np.fromfile, np.memmap):
        try:
            found += secrets(bytes(read(x["key_file"], dtype=np.uint8)))
        except OSError:
            pass
    return found
