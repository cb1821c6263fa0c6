"""A group of exceptions that holds groups of exceptions."""

import sys

STATUS = ["exception", "memory", "timeout"]


def f(x):
    if sys.version_info < (3, 11):
        raise ValueError
    error = ValueError("x" * 1_000)
    for _ in range(500):
        error = ExceptionGroup("y" * 1_000, [error, error])  # noqa: F821 - guarded by the version
    raise error
