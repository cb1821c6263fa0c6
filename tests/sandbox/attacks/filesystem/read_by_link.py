"""Reach a file by links, from places that may be read."""

import os

from toolbox import read, secrets

EXPECT = {"process": "leak"}


def f(x):
    found = []
    paths = [x["home"] + "/link/labels.json", "/proc/self/cwd/" + x["labels_file"]]
    paths.append(os.path.dirname(os.__file__) + "/" + "../" * 20 + x["labels_file"])
    for path in paths:
        try:
            found += secrets(read(path))
        except OSError:
            pass
    return found
