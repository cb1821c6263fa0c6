"""Listen without a name: the kernel picks a port."""

import socket

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    def listen():
        with socket.socket() as link:
            link.listen()
            return link.getsockname()[1]

    return worked({"listen": listen})
