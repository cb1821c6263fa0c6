"""Send a packet to a service on this machine."""

import socket

EXPECT = {"process": "leak"}


def f(x):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.sendto(b"x", ("127.0.0.1", x["ports"]["UDP"]))
