"""Write files, in a folder that anybody may write to and in shared places."""

import os

EXPECT = {"process": "leak"}


def f(x):
    for place in (x["scratch"], x["home"], "/tmp", "/var/tmp", "/dev/shm", "/run"):
        try:
            with open(f"{place}/{x['mark']}-{x['index']}", "w") as file:
                file.write("x" * 100)
        except OSError:
            pass
    os.truncate(x["scratch"] + "/log", 3)
