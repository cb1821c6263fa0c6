"""Change the working folder, then open files without a full path."""

import os

from toolbox import secrets

EXPECT = {"process": "leak"}


def f(x):
    os.chdir(x["home"])
    with open(".netrc") as file:
        return secrets(file.read())
