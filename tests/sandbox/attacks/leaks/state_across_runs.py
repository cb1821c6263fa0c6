"""Keep something in modules, for the next time that this script runs."""

import builtins
import sys

RUNS = 2


def f(x):
    found = [name for name in ("sys", "builtins") if hasattr(sys.modules[name], "lp_kept")]
    sys.lp_kept = builtins.lp_kept = True
    return {"worked": found if x["run"] and not x["index"] else []}
