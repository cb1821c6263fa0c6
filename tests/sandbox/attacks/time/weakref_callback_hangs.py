"""A callback of a weak reference hangs, when the call's objects die."""

import weakref

STATUS = ["timeout", "ok"]
REFERENCES = []


class Thing:
    pass


def hang(reference):
    while True:
        pass


def f(x):
    thing = Thing()
    REFERENCES.append(weakref.ref(thing, hang))
    return 1
