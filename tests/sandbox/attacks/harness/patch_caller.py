"""Replace the harness's own methods: who calls, who judges."""

import langprop.sandbox.caller as caller

STATUS = ["ok", "exception", "crash", "timeout", "bad_output"]


def f(x):
    caller.Caller.call = lambda self, *a: caller.Result("ok", b"\x07", 0.0)
    caller.encode = lambda *a: b"\xc1" * 2_000_000
    return 1
