"""Program: a script, compiled once."""

from __future__ import annotations

import linecache
import sys
import types
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from langprop.sandbox.nested import Nested

FILE = "<script>"
"""File name of a script's code objects."""

MODULE = "__script__"
"""`__name__` of a script; also found in `sys.modules`, as dataclasses and others look there."""

_FRAMES = 4  # shown of a traceback
_LINE = 160  # characters shown of a line
_MESSAGE = 1_000  # characters shown of an exception's text


class Part(NamedTuple):
    """A script among several that call each other.

    Attributes:
        source: Python source of any origin.
        entry_point: Name of the function in it.
        uses: Entry points of the others that it may call.
    """

    source: str
    entry_point: str
    uses: Sequence[str] = ()


class _Text:
    """One script's text, and where it stands."""

    def __init__(self, part: Part, file: str, module: str) -> None:
        self.source, self.entry_point, self.uses = part
        self.file = file
        self.module = module
        self.lines = self.source.split("\n")
        self._code: types.CodeType | None = None

    def load(self, known: Mapping[str, Any]) -> Callable[..., Any]:
        """Execute the module body in a fresh namespace that holds known names; the entry point."""
        if self._code is None:
            self._code = compile(self.source, self.file, "exec", dont_inherit=True)
            # For `inspect.getsource` and tracebacks that the script prints.
            lines = self.source.splitlines(keepends=True)
            linecache.cache[self.file] = (len(self.source), None, lines, self.file)
        module = types.ModuleType(self.module)
        module.__file__ = self.file
        sys.modules[self.module] = module
        vars(module).update(known)
        exec(self._code, module.__dict__)  # noqa: S102 - running scripts is what this package is for
        function: Any = module.__dict__.get(self.entry_point)
        if not callable(function):
            found = [
                name
                for name, value in module.__dict__.items()
                if isinstance(value, types.FunctionType) and value.__module__ == self.module
            ]
            there = f"; it defines {', '.join(found[:8])}" if found else ""
            raise NameError(f"the script defines no function {self.entry_point!r}{there}")
        return cast("Callable[..., Any]", function)

    def line(self, number: int, name: str) -> str:
        """A line in words."""
        text = self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""
        text = text if len(text) <= _LINE else text[:_LINE] + "…"
        where = f"line {number}" if self.file == FILE else f"line {number} of {self.file}"
        where = f"{where}, in {name}" if name and name != "<module>" else where
        return f"{where}\n    {text}"


class Program:
    """A script, compiled once and executed in as many namespaces as needed.

    Scripts that it calls are loaded with it, each into a namespace of its own, where it finds those
    that it may call; a definition of its own of the same name wins.

    Args:
        source: Python source of any origin.
        entry_point: Name of the function in it.
        uses: Entry points of other scripts that it may call.
        others: These, and those that they call in turn; what is called stands before what calls it,
            where that can be.
        nested: Lets them call each other.

    Attributes:
        entry_point: Name of the function.
    """

    def __init__(
        self,
        source: str,
        entry_point: str,
        uses: Sequence[str] = (),
        others: Sequence[Part] = (),
        nested: Nested | None = None,
    ) -> None:
        self.entry_point = entry_point
        self._script = _Text(Part(source, entry_point, uses), FILE, MODULE)
        self._others = [
            # No file of the standard library is called that, as with <string>.
            _Text(other, f"<script {other.entry_point}>", f"{MODULE}{other.entry_point}")
            for other in others
        ]
        self._nested = nested

    def load(self) -> Callable[..., Any]:
        """Execute the module body in a fresh namespace, after those of the scripts that it calls.

        Returns:
            The entry point.

        Raises:
            BaseException: What the script raises, or what the compiler says.
            NameError: The script has no such function.
        """
        nested = self._nested
        if nested is None:
            return self._script.load({})
        functions: dict[str, Callable[..., Any]] = {}
        for text in (*self._others, self._script):
            known = {name: nested.link(text.entry_point, name, functions) for name in text.uses}
            functions[text.entry_point] = text.load(known)
        return functions[self.entry_point]

    def describe(self, error: BaseException) -> str:
        """An exception in words: the scripts' own lines, then type and message.

        Raises:
            BaseException: What the exception's own `__str__` raises.
        """
        texts = {text.file: text for text in (self._script, *self._others)}
        frames: deque[tuple[_Text, int, str]] = deque(maxlen=_FRAMES)
        own: tuple[_Text, int, str] | None = None
        count = 0
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename in texts:
                count += 1
                frames.append((texts[code.co_filename], trace.tb_lineno, code.co_name))
                if code.co_filename == FILE:
                    own = frames[-1]
            trace = trace.tb_next
        if own is not None and own not in frames:  # deep in another script: whence it was called
            frames.popleft()
            frames.appendleft(own)
        parts = [f"({count - _FRAMES:,} more calls)"] if count > _FRAMES else []
        parts += [text.line(number, name) for text, number, name in frames]
        message = str(error)
        if isinstance(error, SyntaxError) and error.filename in texts:
            message = error.msg
            if error.lineno is not None:
                parts.append(texts[error.filename].line(error.lineno, ""))
        kind = type(error).__name__[:_LINE]
        message = message if len(message) <= _MESSAGE else message[:_MESSAGE] + "…"
        parts.append(f"{kind}: {message}" if message else kind)
        return "\n".join(parts)
