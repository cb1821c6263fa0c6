"""Learn the machine's addresses."""

import socket

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    return worked(
        {
            "if_nameindex": lambda: socket.if_nameindex(),
            "/proc/net": lambda: open("/proc/net/route").read(),
            "/sys": lambda: open("/sys/class/net/eth0/address").read(),
        }
    )
