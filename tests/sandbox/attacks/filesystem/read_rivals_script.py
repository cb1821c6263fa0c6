"""Read a rival's script in the run folder."""

import pathlib

EXPECT = {"process": "leak"}


def f(x):
    return [path.read_text() for path in pathlib.Path(x["run_folder"]).rglob("*.py")]
