"""Change the resource limits of others."""

import resource

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    which = resource.RLIMIT_NOFILE

    def lower(pid):
        soft, hard = resource.prlimit(pid, which)
        resource.prlimit(pid, which, (max(3, soft - 1), hard))
        return True

    return worked({"victim": lambda: lower(x["victim"])})
