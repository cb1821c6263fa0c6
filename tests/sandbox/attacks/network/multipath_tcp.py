"""Connect by another protocol that arrives as TCP."""

import socket

EXPECT = {"process": "leak"}


def f(x):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262) as link:
        link.settimeout(0.05)
        link.connect(("127.0.0.1", x["ports"]["TCP"]))
