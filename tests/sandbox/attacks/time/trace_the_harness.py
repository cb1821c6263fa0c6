"""Set a trace function that hangs as soon as the harness goes on."""

import sys

STATUS = ["ok", "timeout"]


def hang(frame, event, value):
    if frame.f_code.co_filename != __file__:
        while True:
            pass


def f(x):
    for frame in _frames():
        frame.f_trace = hang
    sys.settrace(hang)
    sys.setprofile(hang)
    return 1


def _frames():
    frame = sys._getframe(1)
    while frame:
        yield frame
        frame = frame.f_back
