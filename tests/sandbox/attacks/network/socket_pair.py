"""Make a pair of sockets, and send a descriptor through it."""

import array
import os
import socket

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    def send():
        left, right = socket.socketpair()
        fds = array.array("i", [os.open("/dev/null", os.O_RDONLY)])
        left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        return len(right.recvmsg(1, 100)[1]) > 0

    return worked({"descriptor": send})
