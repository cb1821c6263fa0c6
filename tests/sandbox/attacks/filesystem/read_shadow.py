"""Read the system's passwords."""

from toolbox import read, worked

EXPECT = {"process": "leak"}


def f(x):
    return worked({path: lambda path=path: read(path) for path in ("/etc/shadow", "/etc/sudoers")})
