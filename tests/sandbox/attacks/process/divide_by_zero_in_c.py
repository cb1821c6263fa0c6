"""A division by zero in machine code."""

from toolbox import run_code

STATUS = ["crash", "exception"]
MACHINE = "x86_64"


def f(x):
    return run_code(b"\x31\xc9\x31\xc0\x31\xd2\xf7\xf1\xc3")  # xor ecx, eax, edx; div ecx; ret
