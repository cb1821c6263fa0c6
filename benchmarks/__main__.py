"""Prints the figures that the documentation quotes.

make bench
python -m benchmarks startup sandbox
python -m benchmarks llm_peers --quick    what begins with a dash, and what follows, is passed on
python -m benchmarks ppo rl_examples      only by name: they take half an hour each
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NAMES = [
    "startup",
    "sandbox",
    "trainer",
    "rollouts",
    "llm_step",
    "prompts",
    "llm_peers",
    "offline",
    "driving",
]


def main() -> int:
    """Run the benchmarks that are named, or all."""
    given = sys.argv[1:]
    count = next((i for i, text in enumerate(given) if text.startswith("-")), len(given))
    chosen, options = given[:count] or NAMES, given[count:]
    print(f"{platform.platform()} · Python {platform.python_version()} · {os.cpu_count()} cores")
    codes = []
    for name in chosen:
        print(f"\n== {name}", flush=True)
        command = [sys.executable, str(HERE / f"{name}.py"), *options]
        codes.append(subprocess.run(command, check=False).returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
