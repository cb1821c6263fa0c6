"""What the drivers of all frameworks share: the task, and how a result is handed back.

A driver runs in the framework's own environment, so this file needs nothing but Python:

    python run_NAME.py JOB.json

The job names a server that answers every prompt with a new right answer, wrapped so that every
framework finds the code in it. The driver lets the framework propose and judge so many candidates,
and writes how long that took.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEED = "def double(number):\n    return 2 * number\n"
BLOCK = f"# EVOLVE-BLOCK-START\n{SEED}# EVOLVE-BLOCK-END\n"
SAMPLES = [(n, 2 * n) for n in range(20)]


@dataclass
class Job:
    """What is to be measured.

    Attributes:
        base_url: Address of the server, with `/v1`.
        proposals: Candidates to be proposed and judged.
        concurrency: Requests in flight at a time.
        history: Candidates that are known before.
        folder: Empty folder for the framework's files.
        variant: One of the driver's ways to run the framework.
        result: File to be written.
    """

    base_url: str
    proposals: int
    concurrency: int
    history: int
    folder: str
    variant: str
    result: str

    @classmethod
    def read(cls) -> Job:
        """The job that the command line names."""
        return cls(**json.loads(Path(sys.argv[1]).read_text()))

    def report(self, seconds: float, judged: int, settings: str, **more: Any) -> None:
        """Write the result.

        Args:
            seconds: From the call of the framework until it came back.
            judged: Candidates that were proposed and judged.
            settings: What was set, for the reader of the table.
            more: `start` and `end` on the clock of `time.perf_counter`, which all processes share,
                where the rate is to be measured between these instead of from the first request.
        """
        end = more.pop("end", time.perf_counter())
        content = {"seconds": seconds, "judged": judged, "settings": settings, "end": end, **more}
        Path(self.result).write_text(json.dumps(content))


def score(code: str) -> float:
    """Share of the samples that a candidate gets right."""
    space: dict[str, Any] = {}
    exec(code, space)
    return sum(space["double"](x) == y for x, y in SAMPLES) / len(SAMPLES)


def variation(index: int) -> str:
    """A candidate unlike others, and right."""
    return f"def double(number):\n    return 2 * number + {index} - {index}\n"
