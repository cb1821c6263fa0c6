"""Run machine code that the processor refuses."""

from toolbox import run_code

STATUS = ["crash", "exception"]
MACHINE = "x86_64"


def f(x):
    return run_code([b"\x0f\x0b", b"\xcc\xc3"][x["index"]])  # ud2; int3, ret
