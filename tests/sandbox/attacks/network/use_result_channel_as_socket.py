"""Treat the channel of the results as a socket: send descriptors, find out who listens."""

import os
import socket

from toolbox import channel, worked

STATUS = ["ok", "exception", "crash"]


def f(x):
    fd = channel()

    def look():
        link = socket.socket(fileno=os.dup(fd))
        return link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED) is not None

    def give():
        socket.send_fds(socket.socket(fileno=os.dup(fd)), [b"x"], [0])
        return True

    return worked({"peer": look, "send a descriptor": give})
