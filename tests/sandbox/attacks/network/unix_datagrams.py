"""Send a packet to the system's log and to the desktop's bus."""

import socket

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    def send(path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            return link.sendto(b"", path)

    paths = ["/dev/log", "/run/systemd/notify", "/run/systemd/journal/socket", "/run/docker.sock"]
    found = worked({path: lambda path=path: send(path) for path in paths})["worked"]
    return {"worked": found + ["a socket"] * (socket.socket(socket.AF_UNIX).fileno() >= 0)}
