"""Processes that work side by side: their order, their errors, and their end."""

import subprocess
import sys
from pathlib import Path


def test_order_errors_and_end():
    # In a process of its own, whose functions can be found by those that it starts.
    script = Path(__file__).parent / "crew_runs.py"
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.splitlines() == [
        "[0, 1, 4, 9, 16, 25, 36, 49, 64]",
        "a process of those that drive side by side was killed, perhaps for want of memory: try "
        "again with fewer --jobs.",
        "there is no town 0",
        "True",
    ]
