"""Turn a huge integer into text, with Python's own guard switched off: quadratic time in C."""

import sys

STATUS = ["timeout", "bad_output"]


def f(x):
    sys.set_int_max_str_digits(0)
    return len(str(1 << 30_000_000))
