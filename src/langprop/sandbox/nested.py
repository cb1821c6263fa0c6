"""Nested calls: what modules that call each other see of each other, in a script's process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from langprop.errors import WireError
from langprop.sandbox.calls import (
    MAX_EXCEPTION,
    MAX_NAME,
    MAX_PRINTED,
    MAX_VALUE,
    Told,
    make_room,
    write_calls,
)
from langprop.sandbox.plain import LEAVES
from langprop.sandbox.printed import Printed
from langprop.sandbox.wire import encode

_KEPT_VALUE = MAX_VALUE // 4  # [bytes] arguments or an answer that are kept as they are
_KEPT_PART = 256  # [bytes] one of several arguments, where all together are larger
_MAX_PARTS = 16  # arguments kept of a call, where all together are larger
_MAX_EFFORT = 16 << 20  # [bytes] encoded in one sample, to keep arguments as they were
_NOTHING = encode(None)


class _Kept(NamedTuple):
    """One call that was made; text that was printed meanwhile is found by its place."""

    function: str
    origin: str
    arguments: bytes
    output: bytes
    exception: str
    start: int
    stop: int


class Nested:
    """Lets modules call each other, and remembers the last of these calls.

    Args:
        printed: Where prints go.
    """

    def __init__(self, printed: Printed) -> None:
        self._printed = printed
        self._kept: list[_Kept] = []
        self._effort = 0

    def clear(self) -> None:
        """Begin another sample."""
        self._kept.clear()
        self._effort = 0

    def take(self) -> bytes:
        """The calls since the last time, as a block; nothing if there were none.

        Before the printed text is taken, which belongs to them.
        """
        if not self._kept:
            return b""
        text = self._printed.between
        block = write_calls(
            Told(*kept[:5], _valid(text(kept.start, kept.stop)[:MAX_PRINTED]))
            for kept in self._kept
        )
        self.clear()
        return block

    def link(
        self, origin: str, name: str, functions: Mapping[str, Callable[..., Any]]
    ) -> Callable[..., Any]:
        """A function that stands for one of another module.

        Args:
            origin: Entry point of the script that calls it.
            name: Entry point of the script that is called.
            functions: The functions of all modules by name, as far as they are loaded.
        """

        def linked(*args: Any, **kwargs: Any) -> Any:
            function = functions.get(name)
            if function is None:
                raise NameError(
                    f"{name!r} is called while the modules are loaded, before it is there: call it "
                    "inside of functions only"
                )
            arguments, start = self._arguments(args, kwargs), self._printed.place
            # This frame doesn't count: modules may call each other as deep as functions of one.
            sys.setrecursionlimit(sys.getrecursionlimit() + 1)
            try:
                output = function(*args, **kwargs)
            except BaseException as error:
                told = name, origin, arguments, _NOTHING, _said(error)
                make_room(self._kept)
                self._kept.append(_Kept(*told, start, self._printed.place))
                raise
            finally:
                sys.setrecursionlimit(sys.getrecursionlimit() - 1)
            told = name, origin, arguments, self._answer(output), ""
            make_room(self._kept)
            self._kept.append(_Kept(*told, start, self._printed.place))
            return output

        linked.__name__ = linked.__qualname__ = name
        return linked

    def _arguments(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bytes:
        """Arguments, encoded before the function can change them."""
        data = self._encoded((args, kwargs))
        if isinstance(data, bytes) and len(data) <= _KEPT_VALUE:
            return data
        names = [name for name in kwargs if _is_name(name)][:_MAX_PARTS]
        parts = [self._part(value) for value in args[:_MAX_PARTS]]
        return _packed((parts, {name: self._part(kwargs[name]) for name in names}))

    def _answer(self, output: Any) -> bytes:
        data = self._encoded(output)
        if isinstance(data, bytes) and len(data) <= _KEPT_VALUE:
            return data
        return _packed(_described(output, data))

    def _part(self, value: Any) -> Any:
        data = self._encoded(value)
        small = isinstance(data, bytes) and len(data) <= _KEPT_PART
        return value if small else _described(value, data)

    def _encoded(self, value: Any) -> bytes | WireError | None:
        """Encoded; or why it can't be, or None if this sample has taken enough time for it."""
        if self._effort > _MAX_EFFORT and type(value) not in LEAVES:
            return None
        try:
            data = encode(value)
        except WireError as error:
            return error
        self._effort += len(data)
        return data


def _packed(value: Any) -> bytes:
    """Encoded, though the stack or the memory may be at its end: the script is to hear of that."""
    try:
        return encode(value)
    except WireError:
        return _NOTHING


def _described(value: Any, problem: object) -> str:
    """What stands for a value that isn't plain, or too large."""
    if isinstance(problem, WireError):
        return f"<{str(problem)[:200]}>"
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        shape = numpy.ndarray.shape.__get__(value)
        return f"<array of shape {shape}>"
    kinds: tuple[type[Any], ...] = (str, bytes, list, tuple, dict, set, frozenset)
    for kind in kinds:
        if isinstance(value, kind):
            unit = "characters" if kind is str else "bytes" if kind is bytes else "items"
            return f"<{kind.__name__} of {kind.__len__(value):,} {unit}>"
    return f"<{type(value).__name__[:80]}>"


def _said(error: BaseException) -> str:
    """Type and message of an exception."""
    kind = type(error).__name__
    try:
        text = str(error)
    except Exception:  # the message is the script's own code
        return kind
    return _valid(f"{kind}: {text}"[:MAX_EXCEPTION] if text else kind)


def _valid(text: str) -> str:
    """Text without lone surrogates, which can't be sent."""
    return text.encode("utf-8", "replace").decode()


def _is_name(name: str) -> bool:
    return len(name) <= MAX_NAME and str.isidentifier(name)
