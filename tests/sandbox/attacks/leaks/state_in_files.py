"""Keep something in files, for the next run: in the cache of byte code, in shared folders."""

import glob
import os
import tempfile

EXPECT = {"process": "leak"}
LIMITS = {"time": 1.0}  # it looks through folders
RUNS = 2


def f(x):
    places = [tempfile.gettempdir(), "/dev/shm", x["scratch"], os.path.dirname(os.__file__)]
    found = []
    for place in places:
        name = f"{place}/{x['mark']}-kept"
        try:
            found += glob.glob(name)
            open(name, "w").close()
        except OSError:
            pass
    return {"worked": found if x["run"] and not x["index"] else []}
