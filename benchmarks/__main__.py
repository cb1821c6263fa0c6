"""Prints the figures that the documentation quotes.

make bench
python -m benchmarks startup sandbox
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NAMES = ["startup", "sandbox", "llm_step", "offline"]


def main() -> int:
    """Run the benchmarks that are named, or all."""
    chosen = sys.argv[1:] or NAMES
    print(f"{platform.platform()} · Python {platform.python_version()} · {os.cpu_count()} cores")
    codes = []
    for name in chosen:
        print(f"\n== {name}", flush=True)
        codes.append(
            subprocess.run([sys.executable, str(HERE / f"{name}.py")], check=False).returncode
        )
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
