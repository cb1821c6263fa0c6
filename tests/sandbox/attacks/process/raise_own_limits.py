"""Raise the own resource limits."""

import resource

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    def lift(which):
        resource.setrlimit(which, (resource.RLIM_INFINITY,) * 2)
        return True

    names = ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_MEMLOCK")
    return worked({name: lambda name=name: lift(getattr(resource, name)) for name in names})
