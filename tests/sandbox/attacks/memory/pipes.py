"""Memory in pipes, outside of the address space: few enough to be harmless."""

import os


def f(x):
    pipes, size = [], 0
    try:
        while len(pipes) < 2_000:
            pipes.append(os.pipe2(os.O_NONBLOCK))
            try:
                while True:
                    size += os.write(pipes[-1][1], bytes(1 << 16))
            except BlockingIOError:
                pass
    except OSError:
        pass
    return {"worked": [f"{size} bytes in pipes"] if size > 16 << 20 else []}
