"""Learn who runs this: the home folder, the user's name, the folder of the project."""

import os
import pathlib

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    def name():
        import getpass

        user = getpass.getuser()
        return None if user in ("nobody", "root", "") else user

    def home():
        place = str(pathlib.Path.home())
        return None if "nonexistent" in place else place

    def folder():
        place = os.getcwd()
        return None if place == "/" else place

    attempts = {"name": name, "home": home, "folder": folder, "login": os.getlogin}
    attempts["variables"] = lambda: (
        [k for k in os.environ if k.startswith(("SSH", "SUDO", "VIRTUAL", "PYTEST"))] or None
    )
    return worked(attempts)
