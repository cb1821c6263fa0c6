"""Control messages between the trusted side and the zygote.

They are small, of fixed size, and carry file descriptors.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from typing import NamedTuple

# To the zygote
LOAD = 1  # hold these inputs: key; a memory file of them
DROP = 2  # forget inputs: key
RUN = 3  # run a batch: number, key; job, result pipe, progress, arena
STREAM = (
    10  # run a batch: number; job, result pipe, progress, arena, pipe and memory of the samples
)
OPEN = 4  # open a session: number; job, channel, progress, arenas for answers and arguments

# From the zygote
READY = 5
STARTED = 6  # number, process id; its pidfd
FAILED = 7  # number, errno: the process couldn't be started
ENDED = 8  # number, wait status, largest resident size [bytes]
CLOSED = 9  # the other side has gone (made up by `receive`)

CANARY = 0
"""Number of the canary's batch and inputs; others start at 1."""

_MESSAGE = struct.Struct("<Bqqq")
_MAX_FDS = 6


class Message(NamedTuple):
    """A control message.

    Attributes:
        kind: One of the numbers above.
        number: Which inputs, batch or session it is about.
        first: Depends on the kind.
        second: Depends on the kind.
        fds: File descriptors, owned by who receives them.
    """

    kind: int
    number: int = 0
    first: int = 0
    second: int = 0
    fds: Sequence[int] = ()


def send(channel: socket.socket, message: Message) -> None:
    """Send a message; it arrives whole.

    Raises:
        OSError: The other side has gone.
    """
    socket.send_fds(channel, [_MESSAGE.pack(*message[:4])], list(message.fds), socket.MSG_NOSIGNAL)


def receive(channel: socket.socket) -> Message:
    """Wait for a message.

    Raises:
        OSError: The channel is broken; `TimeoutError` if it has a time limit.
    """
    data, fds, _, _ = socket.recv_fds(channel, _MESSAGE.size, _MAX_FDS, socket.MSG_CMSG_CLOEXEC)
    if len(data) != _MESSAGE.size:
        return Message(CLOSED)
    kind, number, first, second = _MESSAGE.unpack(data)
    return Message(kind, number, first, second, fds)


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a channel that keeps messages apart."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
