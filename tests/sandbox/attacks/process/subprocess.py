"""Run a program."""

import subprocess


def f(x):
    return {"worked": [subprocess.run(["/bin/echo", "hello"], capture_output=True).stdout.decode()]}
