"""Wait for others to connect."""

import socket

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    def listen(family, address):
        with socket.socket(family) as link:
            link.bind(address)
            link.listen()
            return True

    return worked(
        {
            "TCP": lambda: listen(socket.AF_INET, ("0.0.0.0", 0)),
            "TCP over IPv6": lambda: listen(socket.AF_INET6, ("::", 0)),
            "abstract": lambda: listen(socket.AF_UNIX, f"\0{x['mark']}-{x['index']}"),
            "path": lambda: listen(socket.AF_UNIX, f"{x['scratch']}/{x['index']}"),
        }
    )
