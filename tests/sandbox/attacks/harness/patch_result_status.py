"""Have the harness give results of statuses that don't exist, and payloads that are no bytes."""

import langprop.sandbox.caller as caller

STATUS = ["ok", "exception", "crash", "timeout", "bad_output"]


def f(x):
    caller.Caller.call = lambda self, *a: caller.Result("won", "text", None)
    return 1
