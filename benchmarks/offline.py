"""What training without a language model reaches from an empty stub.

    python -m benchmarks.offline                    the claims: CartPole and factorial, 10 seeds
    python -m benchmarks.offline toys --seeds 5     success rates on small tasks, for comparison
    python -m benchmarks.offline cartpole --seeds 3

The claims: CartPole-v1 reaches a mean return of 475 over 100 fresh episodes within 60 s, for 9 of
10 seeds at least; factorial is right on numbers that were never seen, for 10 of 10 seeds. The toys
are tasks that nothing was made for: what an unseen task may expect.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, Literal

import langprop as lp

Data = list[tuple[tuple[Any, ...], Any]]


def main() -> int:
    """Run what was asked for and print a table."""
    parser = argparse.ArgumentParser(description="Offline training from empty stubs.")
    parser.add_argument("names", nargs="*", default=["cartpole", "factorial"])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--time", type=float, default=60.0, help="limit of one run [s]")
    options = parser.parse_args()
    good = True
    for name in options.names:
        rows = TASKS[name](options.seeds, options.time)
        good = all(rows) and good
    return 0 if good else 1


def table(name: str, results: list[tuple[bool, float, float]], unit: str) -> bool:
    """Print successes, and medians of time and effort over the runs; True if most succeeded."""
    solved = sum(ok for ok, _, _ in results)
    seconds = statistics.median(seconds for _, seconds, _ in results)
    effort = statistics.median(effort for _, _, effort in results)
    print(
        f"{name:<14} {solved:>2}/{len(results):<2} seeds   median {seconds:6.1f} s"
        f"   {effort:>9,.0f} {unit}",
        flush=True,
    )
    return solved >= 0.9 * len(results)


# CartPole


def balance(
    cart_position: float, cart_velocity: float, pole_angle: float, pole_angular_velocity: float
) -> Literal[0, 1]:
    """Keep the pole upright and the cart near the middle.

    Returns:
        0 to push the cart to the left, 1 to push it to the right.
    """


class Counted(lp.EnvModule):
    """Counts the steps of the environment."""

    steps = 0

    def score(self, output: Any, label: Any) -> float | lp.Score:
        """The return of an episode, counted."""
        self.steps += len(output.rewards)
        return super().score(output, label)


def cartpole(seeds: int, limit: float) -> list[bool]:
    """CartPole-v1: 100 fresh episodes after at most so many seconds."""
    results = []
    for seed in range(seeds):
        module = Counted("CartPole-v1", balance)
        stop = lp.EarlyStopping("val/score", target=480)
        trainer = quiet(
            lp.MutationOptimizer(n_parents=4, n_children=2, capacity=4, n_first=32),
            seed=seed,
            max_time=limit,
            batch_size=1,
            val_interval=2,
            callbacks=[stop],
        )
        start = time.perf_counter()
        trainer.fit(module, val=range(1_000, 1_020))
        seconds, steps = time.perf_counter() - start, module.steps
        score = trainer.test(module, range(2_000_000, 2_000_100)).score
        trainer.close()
        results.append((score >= 475, seconds, float(steps)))
    return [table("cartpole", results, "environment steps")]


# Factorial and the toys


def factorial(seeds: int, limit: float) -> list[bool]:
    """Exact factorials, tested up to 100."""

    def get_factorial(number: int) -> int:
        """Return the factorial of a non-negative integer."""

    train = [((n,), math.factorial(n)) for n in range(20)]
    test = [((n,), math.factorial(n)) for n in range(20, 101)]
    return [function(get_factorial, train, test, seeds=seeds, limit=limit)]


def function(
    stub: Callable[..., Any], train: Data, test: Data, *, seeds: int, limit: float
) -> bool:
    """Train a stub on exact answers, for every seed."""
    results = []
    for seed in range(seeds):
        module = lp.module(score=lp.exact_match)(stub)
        stop = lp.EarlyStopping("train/best", target=1.0)
        trainer = quiet(lp.MutationOptimizer(), seed=seed, max_time=limit, callbacks=[stop])
        start = time.perf_counter()
        trainer.fit(module, train)
        seconds, scripts = time.perf_counter() - start, trainer.evaluations / len(train)
        score = trainer.test(module, test).score
        trainer.close()
        results.append((score == 1, seconds, scripts))
    return table(stub.__name__, results, "scripts judged")


def toys(seeds: int, limit: float) -> list[bool]:
    """Small tasks on numbers, lists and strings."""
    draw = random.Random(0)
    lists = [[draw.randint(-9, 20) for _ in range(draw.randint(1, 8))] for _ in range(40)]
    words = ["hello", "world", "level", "noon", "python", "banana", "rhythm", "abcba", "The Quick"]

    def total_to(n: int) -> int:
        """Sum of the integers from 1 to n."""

    def power(base: int, exponent: int) -> int:
        """Base to the power of the exponent."""

    def divisor(a: int, b: int) -> int:
        """Greatest common divisor."""

    def fibonacci(n: int) -> int:
        """Fibonacci number."""

    def digits(n: int) -> int:
        """Sum of the decimal digits."""

    def largest(xs: list[int]) -> int:
        """Largest element."""

    def squares(xs: list[int]) -> int:
        """Sum of the squares."""

    def backwards(xs: list[int]) -> list[int]:
        """The list, reversed."""

    def evens(xs: list[int]) -> list[int]:
        """The even elements, in order."""

    def positive(xs: list[int]) -> int:
        """How many elements are positive."""

    def palindrome(text: str) -> bool:
        """Whether a text reads the same backwards."""

    def letters(text: str) -> dict[str, int]:
        """How often each letter occurs."""

    def vowels(text: str) -> int:
        """How many of its letters are in 'aeiou'."""

    def fib(n: int) -> int:
        a, b = 0, 1
        for _ in range(n):
            a, b = b, a + b
        return a

    pairs = [(draw.randint(1, 60), draw.randint(1, 60)) for _ in range(40)]
    numbers = [draw.randint(0, 999) for _ in range(40)]
    tasks: list[tuple[Callable[..., Any], list[tuple[Any, ...]], Callable[..., Any]]] = [
        (total_to, [(n,) for n in range(40)], lambda n: n * (n + 1) // 2),
        (power, [(a, b) for a in range(1, 8) for b in range(6)], lambda a, b: a**b),
        (divisor, list(pairs), math.gcd),
        (fibonacci, [(n,) for n in range(30)], fib),
        (digits, [(n,) for n in numbers], lambda n: sum(map(int, str(n)))),
        (largest, [(xs,) for xs in lists], max),
        (squares, [(xs,) for xs in lists], lambda xs: sum(x * x for x in xs)),
        (backwards, [(xs,) for xs in lists], lambda xs: xs[::-1]),
        (evens, [(xs,) for xs in lists], lambda xs: [x for x in xs if x % 2 == 0]),
        (positive, [(xs,) for xs in lists], lambda xs: sum(x > 0 for x in xs)),
        (palindrome, [(w,) for w in words], lambda w: w == w[::-1]),
        (letters, [(w,) for w in words], lambda w: {c: w.count(c) for c in w}),
        (vowels, [(w,) for w in words], lambda w: sum(c in "aeiou" for c in w)),
    ]
    good = []
    for stub, arguments, right in tasks:
        data = [(args, right(*args)) for args in arguments]
        draw.shuffle(data)
        half = max(20, len(data) // 2) if len(data) > 20 else len(data)
        good.append(function(stub, data[:half], data[half:] or data, seeds=seeds, limit=limit))
    return good


def quiet(optimizer: lp.Optimizer, **settings: Any) -> lp.Trainer:
    """A trainer that leaves nothing behind."""
    limits = lp.Limits(time=0.3, failures=1)
    return lp.Trainer(
        optimizer,
        limits=limits,
        max_epochs=None,
        workers=2,
        progress=False,
        run_dir=False,
        **settings,
    )


TASKS = {"cartpole": cartpole, "factorial": factorial, "toys": toys}

if __name__ == "__main__":
    sys.exit(main())
