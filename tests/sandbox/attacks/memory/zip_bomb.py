"""A kilobyte that unpacks to a gigabyte."""

import zlib

STATUS = ["memory", "timeout"]


def f(x):
    packed = zlib.compress(bytes(64 << 20))
    return len(b"".join(zlib.decompress(packed) for _ in range(16)))
