"""evaluate_within(): judges a module's scripts by what another module makes of them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from langprop.evaluation.batch import Batch
from langprop.evaluation.forward import judge_linked
from langprop.executors.base import Executor
from langprop.modules.links import Links
from langprop.modules.module import Module
from langprop.population.record import CallRecord, Record
from langprop.sandbox.calls import KEPT_CALLS
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import Status
from langprop.scripts.script import Script

# As the sandbox writes it: lines of the script that is judged have no name.
_LINE = re.compile(r"^line (\d+)(?: of <script (\w+)>)?(?=, in |$)", re.MULTILINE)


def evaluate_within(
    whole: Module,
    own: Script,
    module: Module,
    scripts: Iterable[Script],
    batch: Batch | Iterable[Any],
    *,
    executor: Executor,
    limits: Limits | None = None,
    watch: Callable[[int], None] = lambda _: None,
    best: Mapping[str, Script] | None = None,
) -> dict[str, list[Record]]:
    """Judge scripts of a module that another one calls: run that one with each of them in place.

    Args:
        whole: The module that calls this one, directly or not.
        own: Its script.
        module: The module that is called.
        scripts: Scripts of it; the same one twice is judged once.
        batch: Samples of the whole, or a `Batch` that was read before.
        executor: Where the scripts run.
        limits: What each whole may use; None for the default.
        watch: Called with the number of samples whenever a script was judged, and with 0 about
            every 50 ms until then; what it raises ends the evaluation.
        best: Scripts of the other modules, by entry point; None for the best of each.

    Returns:
        Records by script id, in the order of the scripts: one for each sample in which the module
        was called; see `received`. So a sample counts once, however often it calls the module, and
        one that never calls it says nothing of it.

    Raises:
        DataError: There are no samples, or arguments that can't be sent to the sandbox.
        ModuleError: One of the other modules isn't trained and has no seed script.
        SandboxError: The sandbox itself failed.
    """
    batch = batch if isinstance(batch, Batch) else Batch.read(whole, batch)
    wholes = []
    for script in {each.id: each for each in scripts}.values():
        links = Links(whole, {**(best or {}), module.entry_point: script})
        # Each is another program, and goes by the id of what differs.
        wholes.append(dataclasses.replace(links.attach(own), id=script.id))
    found = judge_linked(whole, wholes, batch, executor, limits or Limits(), watch=watch)
    return {
        script_id: [
            record
            for record in (received(each, module.entry_point) for each in records)
            if record is not None
        ]
        for script_id, records in found.items()
    }


def received(whole: Record, name: str) -> Record | None:
    """What a module did in a sample of another one that calls it.

    Args:
        whole: What the other one did.
        name: Entry point of the module.

    Returns:
        A record with the score of the whole, and the arguments, answer and exception of one call
        that the module received: the one by which the sample failed, or the last one that answered;
        `calls` are all those that it received and made, as far as they were kept. A failure that
        arose elsewhere, after this module had answered, isn't its own: the status is "ok" then. If
        nobody can tell what it did (its process died, or its script couldn't be loaded), the
        failure counts, without a call. None if the sample didn't call it.
    """
    between = [call for call in whole.calls if call.function]
    calls = tuple(call for call in between if name in (call.function, call.origin))
    got = [call for call in calls if call.function == name]
    failed = whole.status not in ("ok", "bad_output")
    if not got:
        if not _unknown(whole, name, between):
            return None
        return _record(whole, calls, None, failed=failed, name=name)
    through = [call for call in passed(between) if call.function == name] if failed else []
    if through:
        return _record(whole, calls, through[-1], failed=True, name=name)
    answered = [call for call in got if not call.exception]
    return _record(whole, calls, (answered or got)[-1], failed=False, name=name)


def passed(calls: Sequence[CallRecord]) -> list[CallRecord]:
    """The calls through which an exception came that nothing was called after: innermost first."""
    found: list[CallRecord] = []
    for call in reversed(calls):
        if not call.exception:
            break
        found.append(call)
    return found[::-1]


def _record(
    whole: Record,
    calls: tuple[CallRecord, ...],
    call: CallRecord | None,
    *,
    failed: bool,
    name: str,
) -> Record:
    status: Status = "ok"
    exception = ""
    if failed:
        status, exception = whole.status, own_lines(whole, name)
    elif call is not None and call.exception:  # which its caller caught
        status, exception = "exception", call.exception
    return Record(
        sample=whole.sample,
        status=status,
        score=whole.score,
        args=call.args if call is not None else (),
        kwargs=call.kwargs if call is not None else {},
        output=call.output if call is not None else None,
        exception=exception,
        printed=call.printed if call is not None else "",
        seconds=whole.seconds,
        calls=calls,
        scores=whole.scores,
        weights=whole.weights,
        whole=whole,
    )


def own_lines(whole: Record, name: str) -> str:
    """The message of a failure, as the module of this name would be told it.

    Lines of its script lose its name. The others get theirs; that of the module which is judged
    isn't in the message, so that it's "its caller".
    """

    def renamed(match: re.Match[str]) -> str:
        number, script = match.groups()
        if script == name:
            return f"line {number}"
        return match[0] if script is not None else f"line {number} of its caller"

    return _LINE.sub(renamed, whole.exception)


def _unknown(whole: Record, name: str, between: Sequence[CallRecord]) -> bool:
    """Whether a sample may have called a module, though none of the calls that were kept did."""
    if len({call.function for call in between}) >= KEPT_CALLS:  # others were forgotten
        return True
    if whole.status in ("crash", "memory") or whole.exception.startswith("not run:"):
        return True  # nothing is heard of a process that died
    if whole.status == "timeout":
        return not between
    loading = (f"<script {name}>", f"defines no function {name!r}")
    return whole.status == "exception" and any(text in whole.exception for text in loading)
