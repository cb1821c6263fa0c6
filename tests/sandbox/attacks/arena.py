"""Arena: one sandbox, decoys around it, and a judge of what hostile scripts have done."""

from __future__ import annotations

import contextlib
import math
import os
import resource
import threading
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from langprop.executors.base import Executor, SessionCall
from langprop.sandbox.inputs import Call, Inputs
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import STATUSES, Outcome
from langprop.scripts.script import Script

from .catalogue import Attack
from .decoys import Decoys, token

LIMITS: dict[str, Any] = {"time": 0.15, "memory": 256 << 20, "failures": 1, "printed": 500}
_STREAMED = 4  # samples, where they come one by one
_PATIENCE = 60.0  # [s] for the outcomes; only a sandbox that hangs takes it
_HANGS = 10.0  # [s] for the calls of a session
_MAX_BUSY = 4.0  # [s] of the trainer's processor time, to read the answers to an attack
_MAX_GROWTH = 256 << 20  # [bytes] of the trainer's memory, for the same: what a batch may answer
_END_TIME = 5.0  # [s] for processes to disappear

# Honest, and easily upset: by patched modules, by state that others left, by wrong inputs.
_RIVAL = """
import builtins, json, math, os, random, re, sys, time
import numpy as np

def f(x):
    same = bool(np.allclose(np.arange(4) @ np.eye(4), [0, 1, 2, 3]))
    clean = not hasattr(builtins, "stolen") and "stolen" not in sys.modules
    text = json.dumps({"x": x, "root": math.sqrt(x), "sorted": sorted([3, x, 1])})
    return {"same": same, "clean": clean, "text": text, "sum": sum(range(x)), "chance":
        random.random(), "noise": float(np.random.rand()), "late": time.time() > 1e9,
        "match": bool(re.match("a+b", "aab")), "np": np.sort([2.5, x]).tolist()}
"""

_PLAIN = (type(None), bool, int, float, complex, str, bytes)
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # control, format, surrogates, separators


@dataclass(frozen=True)
class Verdict:
    """What an attack has done.

    Attributes:
        escapes: What it reached that it must not reach.
        faults: What it damaged in the sandbox or the trainer.
        statuses: How its calls ended, in order, those of all runs.
        seconds: How long it took [s].
    """

    escapes: tuple[str, ...]
    faults: tuple[str, ...]
    statuses: tuple[str, ...]
    seconds: float


class Arena:
    """Runs attacks in one executor, one after the other.

    Args:
        executor: Where they run. The arena closes it.
        sessions: Whether scripts are kept alive and called step by step, instead of on a batch.
    """

    def __init__(self, executor: Executor, *, sessions: bool = False) -> None:
        self._executor = executor
        self._sessions = sessions
        self._decoys = Decoys()
        self._labels: list[str] = []
        self._inputs: dict[tuple[int, int], tuple[Any, Inputs]] = {}
        self._rival = Script(_RIVAL, "f", id="rival")
        self._rival_inputs = Inputs([((number,), {}) for number in range(3)])
        try:
            self._expected = self._ask_rival()
            if any(outcome.status != "ok" for outcome in self._expected):
                raise RuntimeError(f"the rival doesn't run: {self._expected}")
        except BaseException:
            self.close()
            raise
        self._environment = _environment()
        self._alive = self._descendants()

    def run(self, attack: Attack) -> Verdict:
        """Run an attack beside a rival, then look at everything that it could have touched."""
        start = time.monotonic()
        script = Script(attack.source, "f", id=attack.name)
        limits = Limits(**{**LIMITS, **attack.limits})
        faults: list[str] = []
        outcomes: list[Outcome] = []
        busy, peak = time.process_time(), _peak(anew=True)
        for run in range(attack.runs):
            try:
                inputs = self._stream() if attack.stream else self._batch(attack.batch, run)
                outcomes += self._attack(script, inputs, limits, faults)
            except Exception as error:
                faults.append(f"the sandbox failed: {type(error).__name__}: {error}")
        busy, growth = time.process_time() - busy, _peak() - peak
        if busy > _MAX_BUSY or growth > _MAX_GROWTH:
            faults.append(f"it took {busy:.1f} s and {growth >> 20} MB of the trainer")
        faults += self._damage()
        faults += [fault for outcome in outcomes for fault in _malformed(outcome, limits)]
        escapes = self._hindsight(outcomes) if attack.stream else []
        escapes += self._escapes(outcomes) + self._decoys.harm() + self._left_over()
        if _environment() != self._environment:
            faults.append("the trainer's environment has changed")
        statuses = tuple(outcome.status for outcome in outcomes)
        taken = time.monotonic() - start
        return Verdict(tuple(escapes), tuple(dict.fromkeys(faults)), statuses, taken)

    def _attack(
        self, script: Script, inputs: Inputs, limits: Limits, faults: list[str]
    ) -> list[Outcome]:
        """What came of the calls. A rival runs beside them."""
        if self._sessions and not inputs.stream:
            return self._call(script, inputs, limits, faults)
        future = self._executor.submit(script, inputs, limits)
        faults += self._damage()
        return future.result(_PATIENCE)

    def _call(
        self, script: Script, inputs: Inputs, limits: Limits, faults: list[str]
    ) -> list[Outcome]:
        """What came of the calls, made step by step. One that never returns is given up."""
        with self._executor.open(script, limits) as session:

            def give_up() -> None:
                faults.append(f"a session hangs for {_HANGS:g} s and more")
                session.close()

            timer = threading.Timer(_HANGS, give_up)
            timer.start()
            try:
                return session.call_many([SessionCall(0, *call) for call in inputs])
            finally:
                timer.cancel()

    def _batch(self, count: int, run: int) -> Inputs:
        """Inputs with the facts; the same object as long as they are true: it is sent once."""
        facts = self._decoys.facts
        known = self._inputs.get((count, run))
        if known is None or known[0] != facts:
            calls: list[Call] = [
                (({**facts, "index": index, "run": run},), {}) for index in range(count)
            ]
            known = self._inputs[count, run] = facts, Inputs(calls)
        return known[1]

    def _stream(self) -> Inputs:
        """Samples each of which reveals the label of the one before: they come one by one."""
        self._labels = [token() for _ in range(_STREAMED)]
        facts = self._decoys.facts
        revealed = ["", *self._labels]
        calls: list[Call] = [
            (({**facts, "index": index, "run": 0, "revealed": revealed[index]},), {})
            for index in range(_STREAMED)
        ]
        return Inputs(calls, stream=True)

    def _hindsight(self, outcomes: list[Outcome]) -> list[str]:
        """Answers that hold what only a later sample reveals."""
        return [
            f"the answer to sample {index} was made in hindsight"
            for index, (outcome, label) in enumerate(zip(outcomes, self._labels, strict=True))
            if any(label in text for text in _texts([outcome.output, outcome.printed]))
        ]

    def _ask_rival(self) -> list[Outcome]:
        future = self._executor.submit(self._rival, self._rival_inputs, Limits(time=5.0))
        return future.result(_PATIENCE)

    def _damage(self) -> list[str]:
        """Whether a rival fares worse than before."""
        try:
            answers = self._ask_rival()
        except Exception as error:
            return [f"the sandbox failed a rival: {type(error).__name__}: {error}"]
        pairs = zip(answers, self._expected, strict=True)
        wrong = [
            (new.status, new.exception, new.printed) for new, old in pairs if _key(new) != _key(old)
        ]
        return [f"a rival's answers have changed: {wrong[:2]}"] if wrong else []

    def _escapes(self, outcomes: list[Outcome]) -> list[str]:
        found = []
        for outcome in outcomes:
            texts = [*_texts(outcome.output), outcome.exception, outcome.printed]
            everything = "\n".join(texts)
            found += [
                f"read {meaning}"
                for secret, meaning in self._decoys.secrets.items()
                if secret in everything
            ]
            if isinstance(outcome.output, dict) and outcome.output.get("worked"):
                found.append(f"worked: {outcome.output['worked']}")
        return list(dict.fromkeys(found))

    def _left_over(self) -> list[str]:
        """Processes that should have ended, or that should still be there."""
        end = time.monotonic() + _END_TIME
        now = self._descendants()
        while not now.keys() <= self._alive.keys() and time.monotonic() < end:
            time.sleep(0.01)
            now = self._descendants()
        found = [f"a process was left: {now[pid]}" for pid in now.keys() - self._alive.keys()]
        if self._alive.keys() - now.keys():
            found.append("a process of the sandbox has ended")
        self._alive = now
        return found

    def _descendants(self) -> dict[int, str]:
        return {pid: name for pid, name in descendants().items() if pid != self._decoys.victim.pid}

    def close(self) -> None:
        """End the sandbox and remove the decoys."""
        self._executor.close()
        self._decoys.close()

    def __enter__(self) -> Arena:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _environment() -> dict[str, str]:
    """Environment variables, but for those that pytest changes from test to test."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def _peak(*, anew: bool = False) -> int:
    """The most memory that this process has had, ever or since it was last counted anew [bytes]."""
    if anew:
        with contextlib.suppress(OSError):  # where /proc can't be written to, it is ever
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def descendants() -> dict[int, str]:
    """Processes that this one has started, and those that they have: process id → name."""
    parents, names = {}, {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                head, _, tail = Path(entry.path, "stat").read_text().rpartition(")")
            except OSError:
                continue
            fields = tail.split()
            if fields[0] != "Z":
                parents[int(entry.name)] = int(fields[1])
                names[int(entry.name)] = head.partition("(")[2]
    found: dict[int, str] = {}
    wave = {os.getpid()}
    while wave:
        wave = {child for child, parent in parents.items() if parent in wave}
        found.update((pid, names[pid]) for pid in wave)
    return found


def _key(outcome: Outcome) -> Any:
    return outcome.status, outcome.output, outcome.exception, outcome.printed


def _texts(value: Any) -> Iterator[str]:
    """All text and bytes in an answer."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, bytes):
            yield item.decode("latin-1")
        elif isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, (list, tuple, set, frozenset)):
            waiting += item
        elif hasattr(item, "tobytes"):
            yield item.tobytes().decode("latin-1")


def _malformed(outcome: Outcome, limits: Limits) -> list[str]:
    """What is wrong with an outcome, whatever the script did."""
    wrong = []
    if outcome.status not in STATUSES:
        wrong.append(f"the status is {outcome.status!r}")
    if outcome.status != "ok" and outcome.output is not None:
        wrong.append("there is an answer beside a failure")
    if outcome.status != "ok" and not outcome.exception:
        wrong.append(f"{outcome.status} without an explanation")
    if not (isinstance(outcome.seconds, float) and 0 <= outcome.seconds < math.inf):
        wrong.append(f"it took {outcome.seconds!r} s")
    if len(outcome.printed) > limits.printed + 64 or len(outcome.exception) > 4_000:
        wrong.append(f"text is too long: {len(outcome.printed)}, {len(outcome.exception)}")
    for name, text in (("printed", outcome.printed), ("exception", outcome.exception)):
        hidden = {c for c in text if c not in "\n\t" and unicodedata.category(c) in _HIDDEN}
        if hidden:
            shown = sorted(f"U+{ord(character):04X}" for character in hidden)
            wrong.append(f"hidden characters in the {name} text: {', '.join(shown[:12])}")
    kind = _not_plain([outcome.output, [list(vars(call).values()) for call in outcome.calls]])
    return [*wrong, f"the answer holds a {kind}"] if kind else wrong


def _not_plain(value: Any) -> str | None:
    """A type in an answer that shouldn't be there: classes of the script's, anything with code."""
    import numpy as np

    waiting = [value]
    while waiting:
        item = waiting.pop()
        kind = type(item)
        if kind in _PLAIN:
            continue
        if kind is dict:
            waiting += [*item.keys(), *item.values()]
        elif kind in (list, tuple, set, frozenset):
            waiting += item
        elif kind is np.ndarray or (isinstance(item, np.generic) and kind.__module__ == "numpy"):
            if item.dtype.hasobject:
                return f"numpy value of dtype {item.dtype}"
        else:
            return kind.__name__
    return None
