"""Fetch a page, as a library does it."""

import urllib.request

EXPECT = {"process": "leak"}
STATUS = ["exception", "timeout"]


def f(x):
    url = f"http://127.0.0.1:{x['ports']['TCP']}/"
    return urllib.request.urlopen(url, timeout=0.05).read()
