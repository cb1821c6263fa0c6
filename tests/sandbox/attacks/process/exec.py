"""Become another program, which touches a file."""

import os

EXPECT = {"process": "leak"}
STATUS = ["exception", "crash"]


def f(x):
    os.execv("/usr/bin/touch", ["touch", x["scratch"] + "/exec"])
