"""`langprop predict`: call the best script of a run, isolated."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from langprop.callbacks.source import visible
from langprop.cli.again import Again
from langprop.cli.calls import Call, from_file, from_lines, typed
from langprop.cli.judging import add_sandbox, executor_of, limits_of
from langprop.cli.named import chosen
from langprop.cli.plain import as_json
from langprop.cli.splits import stub_of
from langprop.errors import DataError
from langprop.executors.base import SessionCall

if TYPE_CHECKING:
    from langprop.executors.base import Session


def run(argv: Sequence[str]) -> int:
    """Print an answer for each call, as JSON.

    Returns:
        0 if all calls went well, else 1.
    """
    made = argparse.ArgumentParser(
        prog="langprop predict",
        usage="langprop predict RUN [ARG ...] [--kwargs DICT] [--data FILE] [options]",
        description="Call the best script of a run, isolated; no model is asked. Answers are "
        "printed as JSON, a line for each call. Without arguments, calls are read from standard "
        "input: a line of JSON each, a list of the arguments or an object that names them.",
        allow_abbrev=False,
    )
    made.add_argument("run", metavar="RUN", help="the run's folder")
    made.add_argument("args", metavar="ARG", nargs="*", help="arguments, as Python literals")
    made.add_argument("--kwargs", metavar="DICT", help="""arguments by name, as '{"x": 3}'""")
    made.add_argument(
        "--data",
        metavar="FILE",
        help="calls from a file: JSON lines, or a table (.csv, .parquet, …) whose columns are the "
        "parameters",
    )
    made.add_argument(
        "--policy", metavar="ID", help="another policy than the best, by the beginning of its id"
    )
    add_sandbox(made, workers=False)
    settings = made.parse_intermixed_args(list(argv))
    direct = bool(settings.args) or settings.kwargs is not None
    if direct and settings.data is not None:
        made.error("give either arguments or --data.")
    if not direct and settings.data is None and sys.stdin.isatty():
        made.error("give arguments, --data FILE, or calls on standard input.")
    again = Again.of(settings.run)
    module = again.trained()
    policy = chosen(module, again.folder, settings.policy)
    function = stub_of(module)
    calls: Iterable[Call]
    if direct:
        calls = [typed(settings.args, settings.kwargs)]
    elif settings.data is not None:
        calls = from_file(settings.data, function)
    else:
        calls = from_lines(sys.stdin.buffer, "standard input", function)
    # A function that is used for long isn't given up after some calls that broke a limit.
    limits = limits_of(settings, again, failures=1 << 30)
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")
    with executor_of(settings, again) as executor:
        session = executor.open(module.linked(policy), limits)
        with contextlib.closing(session):
            failed = sum(not _answer(session, call) for call in calls)
    return 1 if failed else 0


def _answer(session: Session, call: Call) -> bool:
    """Make a call and print the answer; returns whether there was one."""
    if call.problem:
        return _fail(call.problem, "no call")
    try:
        outcome = session.call_many([SessionCall(0, tuple(call.args), dict(call.kwargs))])[0]
    except DataError as error:  # arguments that can't be sent
        return _fail(str(error), "no call")
    if outcome.printed:
        print(visible(outcome.printed.rstrip("\n")), file=sys.stderr, flush=True)
    if outcome.status != "ok":
        return _fail(outcome.exception, outcome.status)
    print(as_json(outcome.output), flush=True)
    return True


def _fail(error: str, status: str) -> bool:
    print(json.dumps({"error": error, "status": status}), flush=True)
    return False
