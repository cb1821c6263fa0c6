"""List folders."""

import os

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    places = [x["home"], x["run_folder"], "/", "/home", "/root", "/tmp", "/etc", "/proc", "/dev"]
    return worked({place: lambda place=place: len(os.listdir(place)) or None for place in places})
