"""Ask for a debugger."""

import os

STATUS = ["exception", "ok"]


def f(x):
    os.environ["PYTHONBREAKPOINT"] = "os.getcwd"
    breakpoint()
    return 1
