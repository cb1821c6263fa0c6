"""Ask for the address of a name: a question that can carry data out."""

import socket

from toolbox import worked

EXPECT = {"process": "leak"}
STATUS = ["ok", "exception", "timeout"]


def f(x):
    return worked({"localhost": lambda: socket.getaddrinfo("localhost", 80)})
