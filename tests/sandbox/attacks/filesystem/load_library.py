"""Load a shared library from a file that anybody may write."""

import ctypes

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    def load():
        try:
            ctypes.CDLL(x["key_file"])
        except OSError as error:
            return "invalid ELF" in str(error) or "too short" in str(error)  # it was read

    return worked({"dlopen": load})
