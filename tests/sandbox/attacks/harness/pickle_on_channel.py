"""Send a pickle that runs code, in case that somebody unpickles."""

import os
import pickle

from langprop.sandbox.frames import HEADER

from toolbox import channel

STATUS = ["bad_output", "crash", "ok", "exception"]


class Run:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def f(x):
    data = pickle.dumps(Run(x["scratch"] + "/pickle"))
    os.write(channel(), HEADER.pack(len(data), x["index"], 0, 0.0, 0) + data)
    return Run(x["scratch"] + "/pickle")
