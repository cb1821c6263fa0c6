"""Leave something in the environment, the random numbers, the locale and the limits."""

import locale
import os
import random
import resource
import signal

import numpy as np

RUNS = 2


def f(x):
    found = [name for name in ("LP_KEPT",) if name in os.environ]
    found += ["a signal's handler"] * (signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN)
    found += ["a limit"] * (resource.getrlimit(resource.RLIMIT_STACK)[0] == 1 << 20)
    random.seed(1)
    np.random.seed(1)
    os.environ["LP_KEPT"] = "1"
    locale.setlocale(locale.LC_ALL, "C")
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, resource.RLIM_INFINITY))
    except (OSError, ValueError):
        pass
    return {"worked": found if x["run"] and not x["index"] else []}
