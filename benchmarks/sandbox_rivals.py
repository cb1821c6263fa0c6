"""Other ways to run generated functions, which the sandbox is measured against."""

from __future__ import annotations

import contextlib
import copy
import io
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sandbox_workloads import Workload, bare

LIMIT = 5.0  # [s]


def bare_loop(workload: Workload, rounds: int) -> float:
    """Nothing but the calls: samples per second on one core. To be run in a plain process."""
    function, args = bare(workload.source), workload.args
    start = time.perf_counter()
    for _ in range(rounds):
        for each in args:
            function(*each)
    return rounds * len(args) / (time.perf_counter() - start)


def exec_per_sample(workload: Workload, n_samples: int) -> float:
    """What research code does: for each sample a copy of the arguments and `exec` of the text.

    With an alarm and captured prints; in the trainer's process, so that nothing is safe.

    Returns:
        Samples per second on one core.
    """
    samples = workload.args[:n_samples]
    start = time.perf_counter()
    answers = [_exec_once(workload.source, args) for args in samples]
    return len(answers) / (time.perf_counter() - start)


def _exec_once(source: str, args: tuple[Any, ...]) -> tuple[Any, str]:
    def on_alarm(*_: object) -> None:
        raise TimeoutError

    args = copy.deepcopy(args)
    previous = signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            space: dict[str, Any] = {}
            exec(source, space)
            answer = space["work"](*args)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, previous)
    return answer, printed.getvalue()


_RUNNER = """
import pickle, sys
import numpy
source, samples = pickle.load(sys.stdin.buffer)
space = {}
exec(source, space)
answers = [space["work"](*args) for args in samples]
pickle.dump(answers, sys.stdout.buffer)
"""


def process_per_script(workload: Workload, n_scripts: int, workers: int) -> float:
    """What other evaluators do: a new Python for each script, with pickle both ways.

    Returns:
        Samples per second, with `workers` processes side by side.
    """
    samples = workload.args

    def run(version: int) -> Sequence[Any]:
        source = f"{workload.source}\nVERSION = {version}\n"
        done = subprocess.run(
            [sys.executable, "-c", _RUNNER],
            input=pickle.dumps((source, samples), pickle.HIGHEST_PROTOCOL),
            capture_output=True,
            check=True,
            timeout=60.0,
        )
        answers: Sequence[Any] = pickle.loads(done.stdout)
        return answers

    start = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        n_answers = sum(len(answers) for answers in pool.map(run, range(n_scripts)))
    return n_answers / (time.perf_counter() - start)
