"""Program: a script, compiled once."""

from __future__ import annotations

import linecache
import sys
import types
from collections import deque
from collections.abc import Callable
from typing import Any, cast

FILE = "<script>"
"""File name of a script's code objects."""

MODULE = "__script__"
"""`__name__` of a script; also found in `sys.modules`, as dataclasses and others look there."""

_FRAMES = 4  # shown of a traceback
_LINE = 160  # characters shown of a line
_MESSAGE = 1_000  # characters shown of an exception's text


class Program:
    """A script, compiled once and executed in as many namespaces as needed.

    Args:
        source: Python source of any origin.
        entry_point: Name of the function in it.

    Raises:
        Exception: It doesn't compile; `describe` says why.
    """

    def __init__(self, source: str, entry_point: str) -> None:
        self.entry_point = entry_point
        self.lines = source.split("\n")
        self._code: types.CodeType | None = None
        self._source = source

    def load(self) -> Callable[..., Any]:
        """Execute the module body in a fresh namespace.

        Returns:
            The entry point.

        Raises:
            BaseException: What the script raises, or what the compiler says.
            NameError: The script has no such function.
        """
        if self._code is None:
            self._code = compile(self._source, FILE, "exec", dont_inherit=True)
            # For `inspect.getsource` and tracebacks that the script prints.
            lines = self._source.splitlines(keepends=True)
            linecache.cache[FILE] = (len(self._source), None, lines, FILE)
        module = types.ModuleType(MODULE)
        module.__file__ = FILE
        sys.modules[MODULE] = module
        exec(self._code, module.__dict__)  # noqa: S102 - running scripts is what this package is for
        function: Any = module.__dict__.get(self.entry_point)
        if not callable(function):
            found = [
                name
                for name, value in module.__dict__.items()
                if isinstance(value, types.FunctionType) and value.__module__ == MODULE
            ]
            there = f"; it defines {', '.join(found[:8])}" if found else ""
            raise NameError(f"the script defines no function {self.entry_point!r}{there}")
        return cast("Callable[..., Any]", function)

    def describe(self, error: BaseException) -> str:
        """An exception in words: the script's own lines, then type and message.

        Raises:
            BaseException: What the exception's own `__str__` raises.
        """
        frames: deque[tuple[int, str]] = deque(maxlen=_FRAMES)
        count = 0
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename == FILE:
                count += 1
                frames.append((trace.tb_lineno, code.co_name))
            trace = trace.tb_next
        parts = [f"({count - _FRAMES:,} more calls)"] if count > _FRAMES else []
        parts += [self._line(number, name) for number, name in frames]
        message = str(error)
        if isinstance(error, SyntaxError) and error.filename == FILE:
            message = error.msg
            if error.lineno is not None:
                parts.append(self._line(error.lineno, ""))
        kind = type(error).__name__
        message = message if len(message) <= _MESSAGE else message[:_MESSAGE] + "…"
        parts.append(f"{kind}: {message}" if message else kind)
        return "\n".join(parts)

    def _line(self, number: int, name: str) -> str:
        text = self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""
        text = text if len(text) <= _LINE else text[:_LINE] + "…"
        where = f"line {number}, in {name}" if name and name != "<module>" else f"line {number}"
        return f"{where}\n    {text}"
