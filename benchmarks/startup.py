"""Time to import the package, and to print help.

python benchmarks/startup.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 9


def seconds(*arguments: str) -> float:
    """Median wall time of a Python process [s]."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print the table."""
    bare = seconds("-c", "pass")
    rows = [
        ("import langprop", seconds("-c", "import langprop") - bare, 0.25),
        ("langprop fit --help", seconds("-m", "langprop", "fit", "--help"), 0.5),
        ("langprop --help", seconds("-m", "langprop", "--help"), 0.5),
    ]
    print(f"{'':24} {'median':>8} {'limit':>8}   ({RUNS} runs; bare Python takes {bare:.3f} s)")
    for name, value, limit in rows:
        print(f"{name:24} {value:7.3f}s {limit:7.2f}s   {'ok' if value < limit else 'MISSED'}")


if __name__ == "__main__":
    main()
