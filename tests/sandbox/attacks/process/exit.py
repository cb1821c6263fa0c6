"""End the process."""

import os

STATUS = ["crash"]


def f(x):
    os._exit(0)
