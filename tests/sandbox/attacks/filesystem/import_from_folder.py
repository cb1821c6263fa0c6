"""Import a module from a folder of one's choice: a rival's script."""

import importlib.util
import sys

from toolbox import secrets

EXPECT = {"process": "leak"}


def f(x):
    sys.path.insert(0, x["run_folder"] + "/checkpoint")
    sys.meta_path[:] = [
        each for each in sys.meta_path if each.__module__.startswith("_frozen")
    ] or [each for each in sys.meta_path if "Guide" not in type(each).__name__]
    import policy

    text = importlib.util.find_spec("policy").loader.get_data(policy.__file__)
    return secrets(text)
