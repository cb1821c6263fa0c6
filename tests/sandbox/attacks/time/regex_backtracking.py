"""A regular expression that backtracks for ever, in C."""

import re

STATUS = ["timeout"]


def f(x):
    return re.match(r"(a+)+$", "a" * 60 + "b")
