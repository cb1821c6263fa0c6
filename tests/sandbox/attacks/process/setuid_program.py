"""Run a program that is root's: no new privileges must come of it."""

import os

EXPECT = {"process": "leak"}
STATUS = ["exception", "crash"]


def f(x):
    for path in ("/bin/su", "/usr/bin/sudo", "/usr/bin/passwd", "/bin/mount"):
        if os.path.exists(path):
            os.execv(path, [path, "--version"])
    os.execv("/usr/bin/touch", ["touch", x["scratch"] + "/setuid"])
