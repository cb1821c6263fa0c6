"""Put something else where the channel of the results is."""

import os

from toolbox import channel

STATUS = ["crash", "timeout", "exception"]


def f(x):
    source, sink = os.pipe()
    os.dup2(sink, channel())
    return 1
