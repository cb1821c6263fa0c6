"""Open a file by its handle, past all folders; it has let processes out of containers."""

import ctypes

from toolbox import syscall, worked

EXPECT = {"process": "leak"}


def f(x):
    handle = ctypes.create_string_buffer(b"\x80\0\0\0" + bytes(140))
    number = ctypes.c_int()
    path = x["key_file"].encode()
    return worked(
        {
            "name_to_handle_at": lambda: syscall(
                "name_to_handle_at", -100, path, handle, ctypes.byref(number), 0
            ),
            "open_by_handle_at": lambda: syscall("open_by_handle_at", -100, handle, 0),
        }
    )
