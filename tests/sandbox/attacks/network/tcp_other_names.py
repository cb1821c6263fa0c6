"""Connect to this machine under its other names."""

import socket

EXPECT = {"process": "leak"}


def f(x):
    for host in ("localhost", "0.0.0.0", "127.1.2.3", "0x7f000001", socket.gethostname()):
        try:
            socket.create_connection((host, x["ports"]["TCP"]), 0.02).close()
        except OSError:
            pass
