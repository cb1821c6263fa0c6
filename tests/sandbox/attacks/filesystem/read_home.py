"""Read a key in the home folder."""

from toolbox import read, secrets

EXPECT = {"process": "leak"}


def f(x):
    return secrets(read(x["key_file"]), read(x["home"] + "/.netrc"))
