"""Try to get back into the zygote's loop in the child: jump out of all frames, and clear them."""

import ctypes

from toolbox import frames

STATUS = ["ok", "exception", "crash", "timeout"]


def f(x):
    for frame in frames():
        try:
            frame.clear()
        except RuntimeError:
            pass
    zygote = next(
        each.f_locals["self"] for each in frames() if "_channel" in str(each.f_code.co_names)
    )
    ctypes.pythonapi.PyErr_Clear()
    zygote.serve()
