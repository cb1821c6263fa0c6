"""Import or read packages that aren't allowed: they may hold labels."""

import importlib
import os
import sys

from toolbox import worked

LIMITS = {"time": 2.0}
EXPECT = {"process": "leak"}


def f(x):
    sys.meta_path[:] = [each for each in sys.meta_path if "Guide" not in type(each).__name__]
    sys.path.append(x["site_packages"])
    site = x["site_packages"]

    allowed = ("numpy", "msgpack", "langprop", "libcst", "yaml", "_")  # the sandbox's own need

    def read():
        for name in os.listdir(site):
            try:
                if not name.startswith(allowed):
                    return open(f"{site}/{name}/__init__.py").read(100) is not None
            except OSError:
                continue
        return None

    names = ("pytest", "pip", "_pytest", "jinja2")
    attempts = {name: lambda name=name: importlib.import_module(name) for name in names}
    return worked({**attempts, "read": read})
