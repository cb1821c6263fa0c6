"""Connect to a service by a socket that has a name only."""

import socket

EXPECT = {"process": "leak"}


def f(x):
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(0.05)
        link.connect(x["abstract"])
