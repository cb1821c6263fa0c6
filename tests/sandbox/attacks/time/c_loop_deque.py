"""Loop for ever inside C, where no signal handler of Python's runs."""

from collections import deque
from itertools import count

STATUS = ["timeout"]


def f(x):
    deque(count(), maxlen=0)
