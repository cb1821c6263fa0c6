"""Credit: in words, whose failure or success a sample was, where several modules had a part in it.

Only modules that are trained together are told this: each has the score of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langprop.evaluation.within import passed
from langprop.modules.objectives import Objectives
from langprop.prompts.abbreviate import abbreviate

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.population.record import Record

_ARGUMENTS = 600  # [characters] of the arguments of a call, all together
_ANSWER = 300  # [characters]
_MESSAGE = 300  # [characters] of an exception that the module has no part in


def scoring(module: Module) -> str:
    """How a module is judged, in words; "" if there is nothing to say."""
    judge = module.within or module
    words = "\n\n".join(filter(None, (judge.scoring, Objectives.of(judge).words)))
    if judge is module:
        return words
    return (
        f"It is judged by what `{judge.entry_point}` makes of its answers, which calls it, "
        "directly or through other functions. What follows is said of the answers of "
        f"`{judge.entry_point}`.\n\n{words}"
    ).strip()


def explain(module: Module, record: Record) -> str:
    """What the judge of a sample says to one module.

    Args:
        module: The module that is being improved.
        record: What it did.

    Returns:
        What `Module.score` said of it; and where modules are trained together, what became of its
        answer, and in which of them an exception arose.
    """
    if module.within is None:
        return record.feedback
    if record.whole is None:
        return "\n".join(filter(None, (record.feedback, _arose(module, record))))
    return _within(module, record, record.whole, module.within.entry_point)


def _arose(module: Module, record: Record) -> str:
    """Says that an exception isn't of the module's own making."""
    if record.status in ("ok", "bad_output"):
        return ""
    between = [call for call in record.calls if call.function]
    through = [call for call in passed(between) if call.function != module.entry_point]
    if not through:
        return ""
    call = through[0]
    return (
        f"It arose in {_call(call.function, call.args, call.kwargs)}, a function of its own: "
        f"change `{module.entry_point}` only if that call was wrong."
    )


def _within(module: Module, record: Record, whole: Record, top: str) -> str:
    called = _call(top, whole.args, whole.kwargs)
    if whole.status == "ok":
        parts = [f"The score is that of {called}, which answered {_short(whole.output)}."]
    elif record.status == whole.status:
        parts = [f"The score is that of {called}, which failed by this.", _arose(module, record)]
    else:
        message = whole.exception[-_MESSAGE:].strip()
        parts = [
            f"The score is that of {called}, which failed ({whole.status}), but not within "
            f"`{module.entry_point}`, whose answer may or may not have led to it: {message}"
        ]
    if whole.label is not None:
        parts.append(f"What is known of the right answer of `{top}`: {_short(whole.label)}.")
    if whole.feedback:
        parts.append(f"What the judge of `{top}` says: {whole.feedback}")
    if not any(call.function == module.entry_point for call in record.calls):
        parts.append(f"What `{module.entry_point}` was called with isn't known.")
    return "\n".join(filter(None, parts))


def _call(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    count = len(args) + len(kwargs)
    share = _ARGUMENTS // count if count else 0
    shown = [abbreviate(value, share) for value in args]
    shown += [f"{key}={abbreviate(value, share)}" for key, value in kwargs.items()]
    return f"{name}({', '.join(shown)})"


def _short(value: Any) -> str:
    return abbreviate(value, _ANSWER, exact=True)  # answer and label mustn't look alike
