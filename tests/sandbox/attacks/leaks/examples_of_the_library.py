"""Look for answers in the library's own files: examples, tests, solutions."""

import os
import sys

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    own = os.path.dirname(sys.modules["langprop"].__file__)
    root = own + "/../.."
    return worked(
        {
            "examples": lambda: os.listdir(root + "/examples"),
            "tests": lambda: os.listdir(root + "/tests"),
            "project": lambda: open(root + "/pyproject.toml").read(),
            "git": lambda: open(root + "/.git/HEAD").read(),
        }
    )
