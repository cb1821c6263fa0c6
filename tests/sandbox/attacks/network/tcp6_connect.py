"""Connect over IPv6."""

import socket

EXPECT = {"process": "leak"}


def f(x):
    for host, name in (("::1", "TCP over IPv6"), ("::ffff:127.0.0.1", "TCP")):
        with socket.socket(socket.AF_INET6) as link:
            link.settimeout(0.05)
            link.connect_ex((host, x["ports"].get(name, 9)))
