"""Parameters: whether one function can be called in every way that another one can."""

from __future__ import annotations

import ast
from collections.abc import Collection


def parameter_names(function: ast.FunctionDef) -> list[str]:
    """Names of a function's positional parameters, in order."""
    return [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]


def why_not_callable(function: ast.FunctionDef, n_args: int, names: Collection[str]) -> str:
    """Say why a function can't be called with so many positional arguments and these names.

    Returns:
        The reason, or "" if it can.
    """
    spec, mine = function.args, parameter_names(function)
    if n_args > len(mine) and spec.vararg is None:
        return f"it takes {len(mine)} positional arguments, but gets {n_args}"
    keywords = {argument.arg for argument in spec.kwonlyargs}
    by_name = set(mine[len(spec.posonlyargs) :]) | keywords
    for name in names:
        if name in mine[:n_args] and name in by_name:
            return f"it gets {name!r} twice"
        if name not in by_name and spec.kwarg is None:
            return f"it has no parameter {name!r}"
    required = set(mine[n_args : len(mine) - len(spec.defaults)])
    required |= {
        argument.arg
        for argument, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
        if default is None
    }
    missing = [repr(name) for name in (*mine, *sorted(keywords)) if name in required - set(names)]
    return f"it gets no {' and no '.join(missing)}" if missing else ""


def why_incompatible(function: ast.FunctionDef, stub: ast.FunctionDef) -> str:
    """Say why some call that fits the stub doesn't fit the function.

    Args:
        function: The function that is to be called.
        stub: The signature that callers know.

    Returns:
        The reason, or "" if every call that fits the stub fits the function.
    """
    ours, theirs = function.args, stub.args
    mine, wanted = parameter_names(function), parameter_names(stub)
    positional_only = len(theirs.posonlyargs)
    for index, name in enumerate(wanted):
        if index >= len(mine):
            if ours.vararg is None or (index >= positional_only and ours.kwarg is None):
                return f"it lacks the parameter {name!r}"
        elif index >= positional_only and (
            mine[index] != name or index < len(ours.posonlyargs)
        ):  # may be given by name
            return f"its parameter {index + 1} must be {name!r}, but is {mine[index]!r}"
    optional = len(mine) - len(ours.defaults)
    required_by_stub = len(wanted) - len(theirs.defaults)
    if optional > required_by_stub:
        extra = mine[required_by_stub]
        return f"its parameter {extra!r} must have a default"
    accepted = {argument.arg for argument in ours.kwonlyargs} | set(mine[len(ours.posonlyargs) :])
    for argument in theirs.kwonlyargs:
        if argument.arg not in accepted and ours.kwarg is None:
            return f"it lacks the keyword parameter {argument.arg!r}"
    given = {a.arg for a, d in zip(theirs.kwonlyargs, theirs.kw_defaults, strict=True) if d is None}
    for argument, default in zip(ours.kwonlyargs, ours.kw_defaults, strict=True):
        if default is None and argument.arg not in given:
            return f"its keyword parameter {argument.arg!r} must have a default"
    if theirs.vararg is not None and ours.vararg is None:
        return f"it lacks *{theirs.vararg.arg}"
    if theirs.kwarg is not None and ours.kwarg is None:
        return f"it lacks **{theirs.kwarg.arg}"
    return ""
