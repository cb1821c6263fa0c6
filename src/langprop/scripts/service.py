"""Service: what the guarded process does with source that a model wrote.

`handle` is the entry point of that process; `langprop.optim.Workshop` is the other side. Arguments
and answers are plain data, and text travels as bytes: it may hold lone surrogates.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langprop.errors import ReplyError, ScriptError
from langprop.scripts import parsing, reply_completion
from langprop.scripts.reply import find_script
from langprop.scripts.travel import DEFECT, OK, REPLY, SCRIPT, to_bytes, to_text


def handle(name: str, *args: Any, **kwargs: Any) -> tuple[str, Any]:
    """Do one operation.

    Args:
        name: Of the operation.
        args: Its arguments.
        kwargs: Those that go by name.

    Returns:
        How it ended, and the answer or the reason as text in bytes.

    Raises:
        MemoryError: It takes too much, even after everything kept from before was dropped.
        ImportError: The process can't load what is needed.
    """
    try:
        return _attempt(name, args, kwargs)
    except MemoryError:
        pass
    _forget()
    return _attempt(name, args, kwargs)


def _attempt(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[str, Any]:
    try:
        return OK, _OPERATIONS[name](*args, **kwargs)
    except ReplyError as error:
        return REPLY, to_bytes(str(error))
    except ScriptError as error:
        return SCRIPT, to_bytes(str(error))
    except (MemoryError, ImportError):  # a part of this package is missing: nothing would work
        raise
    except Exception as error:  # an odd corner of the grammar must not end a training
        return DEFECT, to_bytes(f"{type(error).__name__}: {error}")


def _forget() -> None:
    """Drop what was kept to be quick."""
    if draft := sys.modules.get("langprop.scripts.mutation.draft"):
        draft.forget()
    parsing.content_id.cache_clear()
    reply_completion.parsed.cache_clear()
    gc.collect()


def _content_id(source: bytes, entry_point: str) -> str:
    return parsing.content_id(to_text(source), entry_point)


def _read_reply(
    text: bytes,
    entry_point: str,
    stub: bytes,
    truncated: bool,
    *,
    parent: bytes | None = None,
    edits: bool = False,
    provided: Sequence[str] = (),
) -> list[Any]:
    part = find_script(
        to_text(text),
        entry_point,
        stub=to_text(stub),
        truncated=truncated,
        parent=None if parent is None else to_text(parent),
        edits=edits,
        provided=provided,
    )
    # Parsing it again for the id would take as long as all of the rest.
    content_id = parsing.tree_id(part.tree, part.source, entry_point)
    return [to_bytes(part.source), content_id, []]


def _read_any(texts: Sequence[bytes], entry_point: str, *args: Any, **kwargs: Any) -> list[Any]:
    reason: ReplyError | None = None
    for text in texts:
        try:
            return _read_reply(text, entry_point, *args, **kwargs)
        except ReplyError as error:
            reason = reason or error
    raise reason or ReplyError("it is empty.")


def _mutate(
    source: bytes,
    entry_point: str,
    seed: int,
    *,
    donor: bytes | None,
    example: list[Any] | None,
    max_size: int,
    edits: int | None,
) -> list[Any]:
    import numpy as np

    from langprop.scripts.mutation.example import unpack
    from langprop.scripts.mutation.mutation import mutate

    child = mutate(
        to_text(source),
        entry_point,
        np.random.default_rng(seed),
        None if donor is None else to_text(donor),
        example=unpack(example),
        max_size=max_size,
        edits=edits,
    )
    return _written(child.source, entry_point, child.operators)


def _random_body(stub: bytes, entry_point: str, seed: int, example: list[Any] | None) -> list[Any]:
    import numpy as np

    from langprop.scripts.mutation.body import random_body
    from langprop.scripts.mutation.example import unpack

    rng = np.random.default_rng(seed)
    return _written(random_body(to_text(stub), entry_point, rng, unpack(example)), entry_point)


def _size(source: bytes, entry_point: str) -> int:
    from langprop.scripts.mutation.draft import draft

    return draft(to_text(source), entry_point).index.size


def _written(source: str, entry_point: str, operators: Sequence[str] = ()) -> list[Any]:
    return [to_bytes(source), parsing.content_id(source, entry_point), list(operators)]


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "content_id": _content_id,
    "read_reply": _read_reply,
    "read_any": _read_any,
    "mutate": _mutate,
    "random_body": _random_body,
    "size": _size,
}
