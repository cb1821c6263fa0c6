"""JSON: samples from JSON lines and JSON files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langprop.data.columns import Signature
from langprop.data.raw import RawFile
from langprop.data.rows import Rows
from langprop.errors import DataError
from langprop.scripts.parameters import why_not_callable


class JSONLinesFile(Rows):
    """Samples from a file with a JSON value in each line.

    A line is a record, as in a table: `{"number": 3, "label": 6}`; or names the arguments itself:
    `{"args": [3], "kwargs": {}, "label": 6}`, `[[3], 6]` or `[[3], {}, 6]`. Empty lines are passed
    over.

    Args:
        path: The file.
        signature: What the keys are matched with; None to give the values as they are.

    Raises:
        DataError: The file isn't in UTF-8, a line isn't JSON or doesn't fit, or there are none.
    """

    def __init__(self, path: Path, signature: Signature | None = None) -> None:
        super().__init__(path, signature)
        self._raw = RawFile(path)
        for number, start, line in self._raw.lines():
            text = self._raw.decode(line, number)
            if text.strip():
                value = parse(text.rstrip("\r\n"), f"{path}, line {number}")
                if signature is not None:
                    as_sample(value, signature, f"{path}, line {number}")
                self._raw.add(start, len(line), number)
        self.check_any()

    def __len__(self) -> int:
        return len(self._raw)

    def sample(self, index: int) -> Any:
        """A line as `(args, label)` or `(args, kwargs, label)`, or its value."""
        value = parse(self._raw.read(index), self._where(index))
        if self.signature is None:
            return value
        return as_sample(value, self.signature, self._where(index))

    def _where(self, index: int) -> str:
        return f"{self.path}, line {self._raw.line(index)}"


class JSONFile(Rows):
    """Samples from a file with one JSON list, whose entries are as the lines of `JSONLinesFile`.

    It is kept in memory.

    Args:
        path: The file.
        signature: What the keys are matched with; None to give the values as they are.

    Raises:
        DataError: The file isn't in UTF-8, isn't such a list or doesn't fit, or holds no samples.
    """

    def __init__(self, path: Path, signature: Signature | None = None) -> None:
        super().__init__(path, signature)
        raw = RawFile(path)
        text = "".join(raw.decode(line, number) for number, _, line in raw.lines())
        if not text.strip():
            raise DataError(f"{path} is empty.")
        values = parse(text.rstrip(), str(path))
        if not isinstance(values, list):
            raise DataError(
                f"{path} must hold a list of samples, but holds "
                f"{'an object' if isinstance(values, dict) else 'a single value'}."
            )
        self._values = values
        if signature is not None:
            for index in range(len(values)):
                self.sample(index)
        self.check_any()

    def __len__(self) -> int:
        return len(self._values)

    def sample(self, index: int) -> Any:
        """An entry as `(args, label)` or `(args, kwargs, label)`, or as it is."""
        value = self._values[index]
        if self.signature is None:
            return value
        return as_sample(value, self.signature, f"{self.path}, entry {index + 1}")


def parse(text: str, where: str) -> Any:
    """A JSON value.

    Raises:
        DataError: It isn't one, or an object has two values of one name.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise DataError(f"{where}: {twice!r} stands twice in one object.")
        return found

    try:
        return json.loads(text, object_pairs_hook=unique)
    except DataError:
        raise
    except json.JSONDecodeError as error:
        line = f", line {error.lineno}" if "\n" in text else ""
        raise DataError(f"{where}{line}, column {error.colno}: not JSON: {error.msg}.") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, or depth
        raise DataError(f"{where}: can't be read: {error}") from error


def as_sample(value: Any, signature: Signature, where: str) -> tuple[Any, ...]:
    """A JSON value as `(args, label)` or `(args, kwargs, label)`.

    Raises:
        DataError: It doesn't fit the function.
    """
    if isinstance(value, dict):
        if not _names_arguments(value, signature):
            return signature.match(list(value), where).sample(value)
        label = _label_of(value, signature, where)
        args, kwargs = value.get("args", []), value.get("kwargs", {})
    elif isinstance(value, list) and len(value) in (2, 3):
        args, label = value[0], value[-1]
        kwargs = value[1] if len(value) == 3 else {}
    else:
        raise DataError(
            f"{where}: a sample must be an object, such as "
            f'{{"{next(iter(signature.names), "x")}": …, "label": …}}, or [[…arguments…], label], '
            f"but is {json.dumps(value, ensure_ascii=False)[:80]}."
        )
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise DataError(
            f"{where}: the arguments must be a list, such as [3] for one argument, and the keyword "
            "arguments an object."
        )
    problem = why_not_callable(signature.function, len(args), kwargs)
    if problem:
        raise DataError(f"{where}: this doesn't fit {signature.head}: {problem}.")
    return (tuple(args), kwargs, label) if kwargs else (tuple(args), label)


def _names_arguments(value: Mapping[str, Any], signature: Signature) -> bool:
    """Whether an object has the keys "args" or "kwargs", which aren't parameters themselves."""
    shape = {"args", "kwargs"} - set(signature.names)
    return bool(shape & set(value)) and not set(signature.names) & set(value)


def _label_of(value: Mapping[str, Any], signature: Signature, where: str) -> Any:
    name = signature.label or "label"
    unknown = [key for key in value if key not in ("args", "kwargs", name, *signature.ignore)]
    if unknown:
        raise DataError(
            f"{where}: beside 'args', 'kwargs' and {name!r} there is {unknown[0]!r}: leave it out "
            f"with ignore={unknown[:5]!r}, or name the label with label_column."
        )
    if name not in value and signature.labelled:
        raise DataError(f"{where}: there is no {name!r}.")
    return value.get(name)
