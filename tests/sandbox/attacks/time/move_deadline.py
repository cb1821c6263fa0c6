"""Find the alarm among the frames, and give oneself all the time in the world."""

import math

from toolbox import harness

STATUS = ["timeout"]


def f(x):
    alarm = harness("Alarm")
    alarm.deadline = alarm.limit = math.inf
    while True:
        pass
