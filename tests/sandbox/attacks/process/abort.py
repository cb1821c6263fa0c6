"""Abort."""

import os

STATUS = ["crash"]


def f(x):
    os.abort()
