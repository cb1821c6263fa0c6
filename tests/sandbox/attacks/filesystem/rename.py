"""Move files, link to them, and replace them."""

import os

EXPECT = {"process": "leak"}


def f(x):
    key, place = x["key_file"], x["scratch"]
    for action in (
        lambda: os.link(key, place + "/hard"),
        lambda: os.symlink(key, place + "/soft"),
        lambda: os.rename(x["labels_file"], place + "/labels"),
        lambda: os.replace(place + "/log", x["rival_script"]),
        lambda: os.unlink(key),
        lambda: os.rmdir(x["home"] + "/empty"),
    ):
        try:
            action()
        except OSError:
            pass
