"""Send data with the first packet, without a call of connect."""

import socket

EXPECT = {"process": "leak"}


def f(x):
    with socket.socket() as link:
        link.settimeout(0.05)
        link.sendto(b"x", 0x20000000, ("127.0.0.1", x["ports"]["TCP"]))
