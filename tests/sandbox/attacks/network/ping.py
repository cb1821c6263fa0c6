"""Send an ICMP packet."""

import socket

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    def ping(kind):
        with socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP) as link:
            return link.sendto(b"\x08\0\xf7\xfe\0\x01\0\0", ("127.0.0.1", 0))

    return worked(
        {"raw": lambda: ping(socket.SOCK_RAW), "datagram": lambda: ping(socket.SOCK_DGRAM)}
    )
