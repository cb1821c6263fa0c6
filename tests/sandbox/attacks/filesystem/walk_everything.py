"""Look through the whole disk for secrets."""

import os
import time

from toolbox import read, secrets

EXPECT = {"process": "leak"}
STATUS = ["ok", "timeout"]


def f(x):
    end, found = time.perf_counter() + 0.1, []
    for start in (x["home"], x["run_folder"], "/"):
        for folder, _, names in os.walk(start):
            for name in names:
                try:
                    found += secrets(read(os.path.join(folder, name)))
                except OSError:
                    pass
            if time.perf_counter() > end:
                break
    return found
