"""Run all attacks, and print the table of the documentation.

    python tests/sandbox/attacks/table.py [--quick] [--json] [configuration ...]

Rows are groups of attacks, columns are configurations, as root and as an ordinary user where root
runs it. A cell says how many attacks were contained, of how many that were run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from attacks import ordinary_user
from attacks.catalogue import GROUPS, catalogue
from attacks.configurations import CONFIGURATIONS, Unavailable


def measure(configurations: Sequence[str], *, quick: bool = False) -> dict[str, Any]:
    """Run the attacks.

    Args:
        configurations: Names of those to be run.
        quick: Whether to leave out what only waits.

    Returns:
        Configuration → either why it isn't there, or for each attack that was run what it did: its
        `escapes`, and the `problems` that must not be.
    """
    found: dict[str, Any] = {}
    for name in configurations:
        configuration, done = CONFIGURATIONS[name], {}
        start = time.monotonic()
        try:
            with configuration.arena() as arena:
                for attack in catalogue():
                    if configuration.skips(attack) or (quick and configuration.is_slow(attack)):
                        continue
                    verdict = arena.run(attack)
                    done[attack.name] = {
                        "escapes": list(verdict.escapes),
                        "problems": configuration.problems(attack, verdict),
                    }
        except Unavailable as error:
            found[name] = str(error)
            continue
        found[name] = done
        seconds = time.monotonic() - start
        print(f"{name}: {len(done)} attacks in {seconds:.0f} s", file=sys.stderr, flush=True)
    return found


def render(columns: dict[str, dict[str, Any] | str]) -> Iterator[str]:
    """Lines of the table, in Markdown, and below it what wasn't contained.

    Args:
        columns: Heading → as from `measure`.
    """
    there = {name: each for name, each in columns.items() if isinstance(each, dict)}
    total = sum(1 for _ in catalogue())
    yield f"{total} attacks. Contained, of those that were run:"
    yield ""
    yield f"| group | {' | '.join(there)} |"
    yield f"|---|{'---|' * len(there)}"
    for group in (*GROUPS, ""):
        cells = []
        for results in there.values():
            own = [each for name, each in results.items() if name.startswith(group)]
            good = sum(not each["escapes"] and not each["problems"] for each in own)
            cells.append(f"{good}/{len(own)}")
        yield f"| {group or '**all**'} | {' | '.join(cells)} |"
    for heading, each in columns.items():
        if isinstance(each, str):
            yield f"\n{heading}: not run. {each}"
            continue
        leaks = [name for name, result in each.items() if result["escapes"]]
        if leaks:
            yield f"\n{heading}, not contained: {', '.join(leaks)}"
        for name, result in each.items():
            for problem in result["problems"]:
                yield f"\n**{heading}, {name}**: {problem}"


def main() -> int:
    """Print the table; the exit code says whether there was a problem."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("configurations", nargs="*", default=list(CONFIGURATIONS))
    parser.add_argument("--quick", action="store_true", help="leave out what only waits")
    parser.add_argument("--json", action="store_true", help="print data instead of a table")
    options = parser.parse_args()
    chosen, quick = options.configurations, options.quick
    results = measure(chosen, quick=quick)
    if options.json:
        print(json.dumps(results))
        return 0
    is_root = os.getuid() == 0
    columns = {f"{name}, root" if is_root else name: each for name, each in results.items()}
    if is_root:
        others = ordinary_user.measure(chosen, quick=quick)
        columns.update({f"{name}, user": each for name, each in others.items()})
    print("\n".join(render(columns)))
    return int(
        any(
            result["problems"]
            for each in columns.values()
            if isinstance(each, dict)
            for result in each.values()
        )
    )


if __name__ == "__main__":
    sys.exit(main())
