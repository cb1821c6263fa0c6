"""Ask the kernel for the machine's interfaces and sockets, and for changes to them."""

import socket

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    def ask(protocol):
        with socket.socket(16, socket.SOCK_RAW, protocol) as link:
            link.bind((0, 0))
            return True

    return worked(
        {str(number): lambda number=number: ask(number) for number in (0, 4, 9, 12, 15, 16)}
    )
