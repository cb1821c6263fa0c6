"""Run a shell."""

import os


def f(x):
    code = os.system("/bin/true")
    return {"worked": ["shell"] if code == 0 else []}
