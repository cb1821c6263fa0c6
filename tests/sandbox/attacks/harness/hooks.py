"""Install all the hooks that the interpreter has: audit, exceptions, threads, display, trace."""

import gc
import sys
import threading

STATUS = ["ok", "exception", "crash", "timeout"]


def hook(*arguments):
    raise RuntimeError("hooked")


def f(x):
    sys.excepthook = sys.unraisablehook = sys.displayhook = threading.excepthook = hook
    sys.set_asyncgen_hooks(hook, hook)
    gc.callbacks.append(hook)
    threading.settrace(hook)
    sys.setprofile(hook)
    sys.addaudithook(hook)
    return 1
