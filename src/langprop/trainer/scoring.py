"""Scoring: whether a module's `score` works at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from langprop.errors import ModuleError
from langprop.evaluation.judge import SCORE_RAISED
from langprop.population.record import Record

_WHATEVER_THE_ANSWER = re.compile(
    r"(NameError|UnboundLocalError|ImportError|ModuleNotFoundError): "
    r"|TypeError: .*(takes .*positional arguments? but|missing \d+ required positional argument)"
    r"|TypeError: score must return .*but got None$"
)
"""Errors that no answer is to blame for: a misspelt name, wrong parameters, no `return`."""


def check_scoring(judged: Iterable[Sequence[Record]], *, complete: bool = True) -> None:
    """See, in the first step, that the score doesn't fail on every answer.

    A script that answers with nonsense must not be able to end a run, so an answer on which `score`
    fails is the script's failure. But if it fails on every answer of every script, the module is to
    blame, and to train on would only spend money.

    Args:
        judged: The records of each script.
        complete: Whether these are all scripts of the step. If not, children may yet do better, and
            only errors count that no answer can be to blame for.

    Raises:
        ModuleError: It does.
    """
    failed: list[Record] = []
    scripts = 0
    for records in judged:
        before = len(failed)
        for record in records:
            seen = record if record.whole is None else record.whole
            if seen.status == "ok":
                return
            if seen.exception.startswith(SCORE_RAISED):
                failed.append(seen)
        scripts += len(failed) > before
    if not failed:
        return
    errors = [record.exception.removeprefix(SCORE_RAISED) for record in failed]
    if not all(map(_WHATEVER_THE_ANSWER.match, errors)):
        # One script may be wrong in all that it answers; and None is what an empty body answers.
        answered = any(record.output is not None for record in failed)
        if not (complete and scripts > 1 and answered):
            return
    raise ModuleError(
        f"score() failed on every answer of the first step, {len(failed)} of "
        f"{scripts} script{'s' * (scripts != 1)}; the first time with {errors[0][:500]}. Mend the "
        "module's score; answers that it can't judge are refused in check_output, which is taken "
        "for the script's failure."
    )
