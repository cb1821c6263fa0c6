"""Close the channel of the results."""

import os

from toolbox import channel

STATUS = ["crash", "exception", "timeout"]


def f(x):
    os.close(channel())
    return 1
