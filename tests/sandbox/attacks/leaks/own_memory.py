"""Search all of the own memory, also what was freed, for anything that looks like a secret."""

import ctypes

from toolbox import peek, read, secrets

STATUS = ["ok", "timeout", "exception"]
LIMITS = {"time": 3.0}


def regions():
    try:
        for line in read("/proc/self/maps").decode().splitlines():
            start, end = (int(each, 16) for each in line.split()[0].split("-"))
            yield start, end
    except OSError:  # hidden: around what is known to be there
        value = [object() for _ in range(10)]
        brk = ctypes.CDLL(None).sbrk
        brk.restype = ctypes.c_long
        top = brk(0)
        yield top - (16 << 20), top
        places = {id(each) & ~0xFFFFF for each in [*value, f, "x" * 10**6, bytearray(10**6)]}
        for place in places:
            yield place - (4 << 20), place + (4 << 20)


def f(x):
    found = set()
    for start, end in regions():
        place = start
        while place < min(end, start + (64 << 20)):
            data = peek(place, 32_768)
            found.update(secrets(data))
            place += 32_768
    return sorted(found)
