"""What evaluating scripts in isolation costs, against bare calls of the same functions.

    python -m benchmarks.evaluation

The claim: 24 scripts on 1,000 samples of a function of 100 µs take at most 1.5 times the time of
the bare calls spread over the same cores (in plain processes, measured in turns with ours).
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from langprop.executors.base import SessionCall
from langprop.executors.local import LocalExecutor
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script

WORKERS = 2
N_SCRIPTS = 24
N_SAMPLES = 1_000

BUSY = """
def work(n):
    total = 0
    for i in range(n):
        total += i * i % 7
    return total
"""


def bare(source: str) -> Callable[..., Any]:
    """The function, without any isolation."""
    space: dict[str, Any] = {}
    exec(source, space)
    function: Callable[..., Any] = space["work"]
    return function


def calibrate(seconds: float) -> int:
    """The argument with which `work` takes that long."""
    function, n = bare(BUSY), 64
    for _ in range(12):
        start = time.process_time()  # other programs shall not count here
        for _ in range(200):
            function(n)
        n = max(1, round(n * seconds / ((time.process_time() - start) / 200)))
    return n


def call_many(n: int, calls: int) -> float:
    """Time of bare calls in this process [s]."""
    function = bare(BUSY)
    start = time.perf_counter()
    for _ in range(calls):
        function(n)
    return time.perf_counter() - start


def bare_time(pool: ProcessPoolExecutor, n: int) -> float:
    """Time of all bare calls, spread over as many plain processes as there are workers [s]."""
    share = N_SCRIPTS * N_SAMPLES // WORKERS
    return max(pool.map(call_many, [n] * WORKERS, [share] * WORKERS))


def evaluation_time(executor: LocalExecutor, n: int) -> float:
    """Time of the same calls in the sandbox [s], with decoded answers."""
    inputs = Inputs([((n,), {})] * N_SAMPLES)
    scripts = [Script(f"{BUSY}\nVERSION = {version}\n", "work") for version in range(N_SCRIPTS)]
    start = time.perf_counter()
    futures = [executor.submit(script, inputs, Limits()) for script in scripts]
    outcomes = [outcome for future in futures for outcome in future.result()]
    seconds = time.perf_counter() - start
    if len(outcomes) != N_SCRIPTS * N_SAMPLES or any(o.status != "ok" for o in outcomes):
        raise RuntimeError("a call failed")
    return seconds


def main() -> None:
    """Print the table."""
    with LocalExecutor(WORKERS) as executor:
        one = Inputs([((1,), {})])
        start = time.perf_counter()
        executor.submit(Script(BUSY, "work"), one, Limits()).result()
        print(
            f"start of the sandbox, first result   {1e3 * (time.perf_counter() - start):10.0f} ms"
        )

        times = []
        for version in range(50):
            script = Script(f"{BUSY}\nVERSION = {-version}\n", "work")
            start = time.perf_counter()
            executor.submit(script, one, Limits()).result()
            times.append(time.perf_counter() - start)
        print(f"one script on one sample             {1e3 * statistics.median(times):10.1f} ms")

        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(WORKERS, spawn) as pool:
            for name, seconds in (("100 µs", 100e-6), ("5 µs", 5e-6)):
                n = calibrate(seconds)
                bare_time(pool, n)  # the processes start
                # In turns, as other programs may take their share of the machine.
                pairs = [(evaluation_time(executor, n), bare_time(pool, n)) for _ in range(5)]
                taken, limit = (statistics.median(times) for times in zip(*pairs, strict=True))
                calls = N_SCRIPTS * N_SAMPLES
                print(
                    f"{N_SCRIPTS} scripts x {N_SAMPLES:,} samples of {name:7}  {taken:10.2f} s   "
                    f"{calls / taken:9,.0f} samples/s   {taken / limit:5.2f} x the bare calls "
                    f"on {WORKERS} cores ({limit:.2f} s)"
                )

        for n_calls in (1, 20):
            with executor.open(Script(BUSY, "work"), Limits()) as session:
                calls = [SessionCall(episode, (1,), {}) for episode in range(n_calls)]
                session.call_many(calls)
                times = []
                for _ in range(2_000):
                    start = time.perf_counter()
                    session.call_many(calls)
                    times.append(time.perf_counter() - start)
            what = f"round trip of a session, {n_calls} call" + "s" * (n_calls > 1)
            print(f"{what:36} {1e6 * statistics.median(times):10.0f} µs")


if __name__ == "__main__":
    main()
