"""Change files that may be read: modules of the standard library, and of numpy."""

import os

import numpy as np

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    paths = [os.__file__, np.__file__, "/etc/ld.so.cache", "/etc/localtime"]
    return worked(
        {path: lambda path=path: os.open(path, os.O_WRONLY | os.O_APPEND) for path in paths}
    )
