"""Swap the code of the harness's functions while they run."""

import langprop.sandbox.worker as worker

from toolbox import frames

STATUS = ["ok", "exception", "crash", "timeout"]


def f(x):
    worker.run_batch.__code__ = (lambda job, inputs, out, progress: None).__code__
    worker._Worker.end.__code__ = (lambda self, index, result: 1 / 0).__code__
    for frame in frames():
        try:
            frame.f_locals["index"] = 77
        except TypeError:
            pass
    return 1
