"""End the process with the code that the harness uses."""

import os

STATUS = ["crash"]


def f(x):
    os._exit(70)
