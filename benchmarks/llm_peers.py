"""Proposals per second, beside other frameworks that let a model improve code.

    python -m benchmarks llm_peers                 about ten minutes
    python -m benchmarks llm_peers --quick         half the cases, without a history
    python benchmarks/llm_peers.py --only langprop,gepa --json figures.json

Each framework runs in an environment of its own, which is made in a cache folder at the first run,
from the package index; one that can't be installed is shown as not measured. All talk to the same
scripted server through the client that they bring, and judge each candidate on 20 numbers.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import math
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # also as `python -m benchmarks.llm_peers`

from llm_peers_run import Case, Result, adopt_orphans, measure


@dataclass(frozen=True)
class Peer:
    """A framework, and one way to run it.

    Attributes:
        name: In the table.
        script: Its driver.
        requirements: What its environment needs; none for ours, which is the one we run in.
        variant: The driver's way to run it.
        burst: Proposals from which the rate is measured.
        history: Candidates that are known before, in the case with a history; 0 leaves that out.
        late: Proposals from which the rate is measured in that case.
    """

    name: str
    script: str
    requirements: tuple[str, ...] = ()
    variant: str = ""
    burst: int = 600
    history: int = 1_000
    late: int = 100


GEPA = ("gepa==0.1.4", "litellm==1.106.2", "cloudpickle==3.1.2")
PEERS = [
    Peer("langprop", "ours.py", history=10_000, late=300),
    Peer("OpenEvolve", "run_openevolve.py", ("openevolve==0.4.0",), burst=400),
    Peer("GEPA", "run_gepa.py", GEPA, variant="own", burst=200, history=0),
    Peer("GEPA-fast", "run_gepa.py", GEPA, variant="fast", burst=400),
    Peer("ShinkaEvolve", "run_shinka.py", ("shinka-evolve==0.0.7",), burst=60, late=30),
]


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="Proposals per second, beside peers.")
    parser.add_argument("--quick", action="store_true", help="fewer cases, and fewer proposals")
    parser.add_argument("--only", default="", help="names of the frameworks, with commas")
    parser.add_argument("--json", type=Path, help="file that the results are written to")
    parser.add_argument("--cache", type=Path, default=cache_folder(), help="of the environments")
    options = parser.parse_args()
    wanted = {name.strip().lower() for name in options.only.split(",") if name.strip()}
    adopt_orphans()
    for number in (signal.SIGTERM, signal.SIGHUP):  # as ^C: what runs is ended first
        signal.signal(number, signal.default_int_handler)
    results: dict[str, dict[str, Result]] = {}
    busy = os.getloadavg()[0]
    for peer in PEERS:
        if wanted and peer.name.lower() not in wanted:
            continue
        try:
            python = environment(peer, options.cache)
        except (OSError, subprocess.SubprocessError) as error:
            results[peer.name] = {}
            print(f"{peer.name}: not measured: {reason(error)}", flush=True)
            continue
        results[peer.name] = measured(peer, python, options.quick)
    print(f"\n{table(results)}\n")
    print(notes(results))
    print(f"load of the machine before: {busy:.2f}, on {os.cpu_count()} cores")
    if options.json:
        plain = {peer: {k: asdict(v) for k, v in of.items()} for peer, of in results.items()}
        options.json.write_text(json.dumps(plain, indent=1) + "\n")
    return 0


# The cases


def cases(peer: Peer, quick: bool) -> dict[str, Case]:
    """What a framework is asked to do, by the name of the figure."""
    burst = peer.burst // 4 if quick else peer.burst
    found = {
        "32": Case(100, delay=1.0),
        "100": Case(100, delay=1.0, concurrency=100),
        "rate": Case(burst),
        "history": Case(peer.late, history=peer.history),
        "memory": Case(64, delay=1.0),
    }
    if peer.script == "ours.py":
        found["update"] = Case(6, delay=1.0, variant="update")
    if quick:
        del found["100"]
    if quick or not peer.history:
        del found["history"]
    return {
        name: Case(**{**asdict(case), "variant": case.variant or peer.variant})
        for name, case in found.items()
    }


def measured(peer: Peer, python: Path, quick: bool) -> dict[str, Result]:
    """All figures of one framework."""
    results = {}
    for name, case in cases(peer, quick).items():
        # Short cases are disturbed most by what else the machine does: the median of three.
        times = 3 if peer.script == "ours.py" and name in ("32", "100", "rate") and not quick else 1
        runs = [measure(python, peer.script, case, memory=name == "memory") for _ in range(times)]
        runs.sort(key=lambda run: (bool(run.problem), run.seconds))
        results[name] = runs[len(runs) // 2]
        print(f"{peer.name:14} {name:8} {line(results[name])}", flush=True)
    return results


def line(result: Result) -> str:
    """One result, while it goes on."""
    if math.isnan(result.seconds):
        return result.problem
    memory = f", {result.memory / 1e6:.0f} MB" if result.memory is not None else ""
    problem = f" ({result.problem})" if result.problem else ""
    return (
        f"{result.judged} judged in {result.seconds:.2f} s, {result.rate:.1f}/s, "
        f"{result.most} in flight at the most{memory}{problem}"
    )


# The table

ROWS: list[tuple[str, str, Callable[[Result], str]]] = [
    ("100 proposals, 1 s per reply, 32 in flight", "32", lambda r: f"{r.seconds:.1f} s"),
    ("the same, 100 in flight", "100", lambda r: f"{r.seconds:.1f} s"),
    ("update of 3 parents × 2 children, 1 s per reply", "update", lambda r: f"{r.seconds:.2f} s"),
    ("proposals per second, instant server", "rate", lambda r: f"{r.rate:.0f}/s"),
    ("the same, with a history", "history", lambda r: f"{r.rate:.0f}/s"),
    ("memory at 32 in flight", "memory", lambda r: f"{(r.memory or 0) / 1e6:.0f} MB"),
]


def table(results: dict[str, dict[str, Result]]) -> str:
    """Frameworks as columns."""
    names = list(results)
    lines = [f"{'':48}" + "".join(f"{name:>14}" for name in names)]
    for what, key, show in ROWS:
        cells = [cell(results[name].get(key), show) for name in names]
        if any(cells):
            lines.append(f"{what:48}" + "".join(f"{text:>14}" for text in cells))
    return "\n".join(lines)


def cell(result: Result | None, show: Callable[[Result], str]) -> str:
    """One figure; with a mark if it isn't what was asked for."""
    if result is None:
        return ""
    if math.isnan(result.seconds):
        return "failed"
    return show(result) + ("*" if result.problem else "")


def notes(results: dict[str, dict[str, Result]]) -> str:
    """What was set, what was seen in flight, and what went wrong."""
    lines = []
    for peer in PEERS:
        of = results.get(peer.name)
        if of is None:
            continue
        versions = ", ".join(peer.requirements) or "this checkout"
        known = f"; history: {peer.history:,} candidates" if "history" in of else ""
        lines.append(f"{peer.name} ({versions}){known}")
        for name, result in of.items():
            lines.append(f"    {name:8} {result.settings}; {line(result)}")
        if not of:
            lines.append("    not measured")
    return "\n".join(lines)


# Environments


def cache_folder() -> Path:
    """Where environments are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "langprop" / "peers"


def environment(peer: Peer, cache: Path) -> Path:
    """The Python of a framework's environment, which is made if it isn't there.

    Raises:
        subprocess.SubprocessError: It can't be installed.
        OSError: The cache can't be written.
    """
    if not peer.requirements:
        return Path(sys.executable)
    text = " ".join((*peer.requirements, sys.version, sys.executable))
    folder = cache / f"{peer.script[4:-3]}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)  # one that was broken off
    folder.mkdir(parents=True)
    print(f"{peer.name}: installing {', '.join(peer.requirements)} ...", flush=True)
    try:
        _run_quietly([sys.executable, "-m", "venv", str(folder)])
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run_quietly([*install, *peer.requirements])
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    (folder / "complete").touch()
    return python


def _run_quietly(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)


def reason(error: Exception) -> str:
    """The last line of what pip said, or the error."""
    said = getattr(error, "stderr", None) or ""
    lines = [text for text in str(said).splitlines() if text.startswith("ERROR")]
    return lines[-1] if lines else str(error)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
