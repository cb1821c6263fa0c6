"""Processes that work side by side, and what becomes of them. Used by test_crew.py."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import closing

from langprop.driving.frames.crew import side_by_side
from langprop.errors import SimulatorError, TownError


def told(text):
    sys.stdout.write(f"{text}\n")


def plain(number):
    return number * number


def killed(number):
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def refused(number):
    if not number:
        time.sleep(0.5)  # the errors of the others are there before
    raise TownError(f"there is no town {number}")


def slow(number):
    if number:
        time.sleep(600)
    return os.getpid()


def gone(pid):
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


if __name__ == "__main__":
    told(list(side_by_side(plain, range(9), 2)))
    try:
        list(side_by_side(killed, range(5), 2))
    except SimulatorError as error:
        told(error)
    try:
        list(side_by_side(refused, range(5), 2))
    except TownError as error:
        told(error)
    with closing(side_by_side(slow, range(5), 2)) as found:
        pid = next(found)
    told(gone(pid))
