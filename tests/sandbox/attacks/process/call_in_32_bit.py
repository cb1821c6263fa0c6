"""Call the kernel through its 32-bit door, whose calls have other numbers: make a folder."""

import ctypes

from toolbox import libc, run_code

STATUS = ["ok", "exception", "crash"]
MACHINE = "x86_64"


def f(x):
    libc.mmap.restype = ctypes.c_void_p
    low = libc.mmap(None, ctypes.c_size_t(4096), 3, 0x62, -1, 0)  # MAP_32BIT
    ctypes.memmove(low, x["scratch"].encode() + b"/int80\0", len(x["scratch"]) + 7)
    # push rbx; mov ebx, edi; mov ecx, 0700; mov eax, 39 (mkdir); int 0x80; pop rbx; ret
    code = b"\x53\x89\xfb\xb9\xc0\x01\0\0\xb8\x27\0\0\0\xcd\x80\x5b\xc3"
    run_code(code, low)
