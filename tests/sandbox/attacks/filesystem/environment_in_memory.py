"""Look for keys on the own stack, where the environment was when the process began."""

import ctypes

from toolbox import peek, secrets


def f(x):
    environ = ctypes.c_void_p.in_dll(ctypes.CDLL(None), "environ").value
    libc = ctypes.CDLL(None)
    libc.getauxval.restype = ctypes.c_ulong
    places = [environ, libc.getauxval(ctypes.c_ulong(25)), libc.getauxval(ctypes.c_ulong(31))]
    return secrets(*[peek(place & ~4095, 16_384) for place in places if place])
