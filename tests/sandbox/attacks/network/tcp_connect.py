"""Connect to a service on this machine."""

import socket

EXPECT = {"process": "leak"}


def f(x):
    socket.create_connection(("127.0.0.1", x["ports"]["TCP"]), 0.1).send(b"x")
