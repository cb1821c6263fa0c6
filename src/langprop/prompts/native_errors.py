"""Errors of a template's code: which line, which expression, and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import CodeType

from langprop.errors import TemplateError
from langprop.prompts.abbreviate import shorten
from langprop.prompts.native_source import Line

FAILURES = (Exception, SystemExit)
"""What the code of a template may raise; ^C isn't among it."""

_ELSEWHERE = re.compile(r" \(detected at line \d+\)| on line \d+")  # of the code, not the template


def syntax_error(error: Exception, lines: Sequence[Line], what: str = "", hint: str = "") -> str:
    """What to say of code that is no Python.

    Args:
        error: From the parser or the compiler.
        lines: The template's line of each line of the code.
        what: The expression; by default the line that the error is in.
        hint: What may have caused it.
    """
    number = min(getattr(error, "lineno", None) or 1, len(lines))
    line = lines[max(1, number) - 1]
    reason = error.msg if isinstance(error, SyntaxError) else f"{type(error).__name__}: {error}"
    reason = _ELSEWHERE.sub("", reason)
    return f"{line.where}, in {_brief(what or line.text)}: {reason}{hint}."


def runtime_error(
    error: BaseException, code: CodeType, lines: Sequence[Line], what: str = ""
) -> TemplateError:
    """What to raise for code that failed.

    Args:
        error: What it raised.
        code: The code.
        lines: The template's line of each line of the code.
        what: The expression; by default the line that was being run.
    """
    number, trace = 1, error.__traceback__
    while trace is not None:  # the innermost frame of this code
        if trace.tb_frame.f_code.co_filename == code.co_filename:
            number = trace.tb_lineno
        trace = trace.tb_next
    line = lines[min(max(1, number), len(lines)) - 1]
    return TemplateError(f"{line.where}, in {_brief(what or line.text)}: {_reason(error)}")


def _reason(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "the template's code asked to exit; let it print what the model shall read."
    try:
        text = str(error)
    except Exception:  # a value's own method
        text = "(without a message)"
    return f"{type(error).__name__}: {shorten(text, 500)}".rstrip(": .") + "."


def _brief(text: str) -> str:
    return shorten(text.strip(), 120)
