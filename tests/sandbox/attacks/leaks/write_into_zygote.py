"""Write into memory that the zygote may share: file-backed pages, the vdso, code of libraries."""

import ctypes
import mmap

from toolbox import libc

RUNS = 2
STATUS = ["ok", "exception", "crash"]


def f(x):
    word = b"0123456789abcdef-shared"
    address = ctypes.addressof(ctypes.c_char_p(word)) & ~4095
    known = hasattr(libc, "lp_kept")
    code = ctypes.cast(libc.getpid, ctypes.c_void_p).value & ~4095
    size = mmap.PAGESIZE
    libc.mprotect(ctypes.c_void_p(code), ctypes.c_size_t(size), 7)
    libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), 3)
    libc.lp_kept = True
    return {"worked": ["kept"] if known and x["run"] and not x["index"] else []}
