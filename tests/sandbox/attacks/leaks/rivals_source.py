"""Look for rivals' scripts among the sandbox's objects, by a line of the one that runs beside."""

import gc
import linecache
import re

from toolbox import harness

STATUS = ["ok", "timeout", "exception"]
LIMITS = {"time": 2.0}


def f(x):
    needle = re.compile(r"hasattr[(]builtins, .stolen.[)]")  # isn't found itself
    found = [name for name, entry in linecache.cache.items() if needle.search(str(entry))]
    gc.unfreeze()
    for value in gc.get_objects():
        items = value.values() if type(value) is dict else value if type(value) is list else ()
        found += ["an object" for item in list(items) if type(item) is str and needle.search(item)]
    job = harness("Job")
    found += ["the job"] * (job is not None and bool(needle.search(job.source)))
    return {"worked": found[:5]}
