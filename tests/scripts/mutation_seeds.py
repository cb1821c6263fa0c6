"""Seed programs for the tests of mutation: every construct of the language that a script may hold."""

PLAIN = '''
def solve(xs: list[int], k: int = 2, *rest, flag: bool = False, **options) -> int:
    """Add up.

    Nothing else, "really".
    """
    total = 0  # a comment that stays
    for i, x in enumerate(xs):
        if x > k and not flag:
            total += x * k
        elif x < 0:
            continue
        else:
            total -= 1
    return total
'''

DECORATED = '''
from __future__ import annotations

import functools
import math

import numpy as np

LIMIT: int = 10
SCALE = 0.5


def traced(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


class Memory:
    """Counts."""

    limit: int = 3

    def __init__(self) -> None:
        self.count = 0

    def add(self, amount: int) -> int:
        self.count = min(self.count + amount, self.limit)
        return self.count


memory = Memory()


@traced
@functools.lru_cache(maxsize=None)
def solve(a: float, b: float, /, c: "int" = 1, *, d: float = 0.5) -> float:
    "One line."
    values = np.array([a, b, c * SCALE])
    memory.add(1)
    return float(np.sum(np.sin(values))) + math.sqrt(abs(a)) * d if a > LIMIT else -d
'''

CLOSURES = '''
counter = 0


def solve(n: int) -> list[int]:
    global counter
    counter += 1
    seen = {}

    def visit(m, depth=0):
        nonlocal seen
        if m in seen or depth > 3:
            return seen.get(m, 0)
        seen[m] = visit(m - 1, depth + 1) + 1 if m > 0 else 0
        return seen[m]

    key = lambda pair, *more, scale=2: (pair[0] * scale, -pair[1])
    squares = [x * x for x in range(n) if x % 2 for _ in range(2)]
    table = {x: {y for y in range(x)} for x in range(n)}
    if (half := n // 2) > 1 and (rest := n - half):
        squares += [half, rest]
    return sorted(squares, key=lambda x: (x % 3, x)) + [visit(n), len(table), sum(x for x in squares)]
'''

MATCHING = '''
def solve(shape, scale: float = 1.0) -> float:
    match shape:
        case {"kind": "circle", "radius": r, **rest} if r > 0:
            area = 3.14 * r ** 2
        case [width, height, *_]:
            area = width * height
        case (str() as name) | {"name": name}:
            area = float(len(name))
        case int(value) | float(value):
            area = value
        case None:
            return 0.0
        case _:
            raise ValueError(f"unknown: {shape!r:>{10}} {scale + 1:.2f} {'x' if scale else 'y'}")
    try:
        area /= scale
    except (ZeroDivisionError, TypeError) as error:
        print(f"{error}")
        area = -1.0
    else:
        area += 0
    finally:
        scale = None
    while area > 100 and area != 1000: area -= 1; area -= 1
    with open("/dev/null") as sink, open("/dev/null"):
        sink.read()
    assert area is not None, "impossible"
    del scale
    return area
'''

ASYNC = '''
import asyncio


async def fetch(x: int):
    await asyncio.sleep(0)
    async for y in numbers(x):
        async with lock() as held:
            print(held, y)
    return [z async for z in numbers(x) if z] + [await fetch(x - 1)]


async def numbers(n):
    for i in range(n):
        yield i
    for j in [1, 2]:
        received = yield j
        print(received)


def solve(x: int = 3, /) -> "dict[str, list[int]]":
    first, *others = [x, x + 1, x + 2]
    (a, b), [c, d] = (first, x), others
    out = {"a": [a, *others], **{"b": [b, c, d]}}
    out["a"][0] += -a ** 2 + ~b
    print(*others, sep=", ", **{})
    return out if not (a < b <= c) else {key: [*value[::-1], value[-1]] for key, value in out.items()}


if __name__ == "__main__":
    print(solve(4))
'''

ONE_LINE = "def solve(x): 'doc'; y = x; return y if x else -y\n"
TERSE = "def solve(x):\n  return(x)if(x)else(-x)\n"
LONG_LINES = '''
def solve(
    alpha: float,  # first
    beta: float,
) -> bool:
    return (
        alpha  # why
        + beta * (
            2.5e-3
        )
        > 1
    ) or alpha in {
        1.0,
        2.0,
    }
'''
STRINGS = r'''
def solve(text: str, words: tuple[str, ...] = ("a",)) -> str:
    raw = r"\d+\s" + b"\x00ab".decode() + "it's" 'joined' """and
long"""
    return "".join(c.upper() if c.isalpha() else "_" for c in text[1:-1] + raw if c not in words)
'''

ALL = {
    "plain": PLAIN,
    "decorated": DECORATED,
    "closures": CLOSURES,
    "matching": MATCHING,
    "async": ASYNC,
    "one_line": ONE_LINE,
    "terse": TERSE,
    "long_lines": LONG_LINES,
    "strings": STRINGS,
}
