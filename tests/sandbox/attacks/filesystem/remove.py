"""Remove what is in the home folder."""

import shutil

EXPECT = {"process": "leak"}


def f(x):
    shutil.rmtree(x["home"], ignore_errors=True)
    shutil.rmtree(x["run_folder"])
