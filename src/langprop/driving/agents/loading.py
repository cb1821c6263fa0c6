"""Loading: whether scripts can be loaded, found out before the first drive."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from langprop.driving.agents.agent import LIMITS
from langprop.driving.learning.stub import ENTRY_POINT
from langprop.errors import ConfigError
from langprop.scripts.script import Script

if TYPE_CHECKING:
    from langprop.driving.agents.drivers import Driver
    from langprop.executors.base import Executor

_TIME = 10.0  # [s] to load a script: a busy machine isn't the script's fault

# Behind the script's own text, so that its lines keep their numbers. Where there is no such
# function, nothing is put in its place: the sandbox says best what is missing.
_PROBE = f"if callable(globals().get({ENTRY_POINT!r})):\n    {ENTRY_POINT} = lambda: None\n"


def check_scripts(drivers: Sequence[Driver], executor: Executor) -> None:
    """Load the script of each driver, without calling its function.

    One that can't be loaded would fail in every tick: its vehicle stands until the time is over, on
    each of the routes.

    Args:
        drivers: Who is to drive; the expert has no script.
        executor: Where scripts run.

    Raises:
        ConfigError: Some can't be loaded; it names all of them, with reasons.
        SandboxError: The sandbox itself failed.
    """
    found = [(driver, _problem(driver.source, executor)) for driver in drivers if driver.source]
    bad = [_words(driver, problem) for driver, problem in found if problem]
    if bad:
        raise ConfigError("\n".join([*bad, "Nothing was driven: mend this first."]))


def _problem(source: str, executor: Executor) -> str:
    """Why a script can't be loaded; "" if it can."""
    # An id of its own, since to find it out would parse the script in this process.
    script = Script(f"{source}\n{_PROBE}", ENTRY_POINT, id="to be loaded")
    with executor.open(script, replace(LIMITS, time=_TIME)) as session:
        outcome = session.call()
    return "" if outcome.status == "ok" else outcome.exception or outcome.status


def _words(driver: Driver, problem: str) -> str:
    where = f" ({driver.origin})" if driver.origin else ""
    reason = textwrap.indent(problem.strip(), "  ")
    return f"{driver.name}{where} can't drive, since its script can't be loaded:\n{reason}"
