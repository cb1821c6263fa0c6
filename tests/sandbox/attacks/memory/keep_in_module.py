"""Memory that is kept from call to call counts in the end."""

import sys

LIMITS = {"memory": 64_000_000, "time": 2.0}  # it comes slowly on a busy machine
BATCH = 6
STATUS = ["ok", "memory"]


def f(x):
    sys.modules.setdefault("kept", []).append(bytearray(20 << 20))
    return {"worked": ["120 MB"] if len(sys.modules["kept"]) > 4 else []}
