"""Fingerprint: what a run was begun with, so that it isn't resumed with something else unawares."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping, Sequence, Sized
from typing import TYPE_CHECKING, Any

from langprop.data.batches import is_loader, is_sequence
from langprop.errors import LangPropError
from langprop.prompts.prompts import NAMES
from langprop.sandbox.inputs import encode_call

if TYPE_CHECKING:
    from langprop.evaluation import Batch
    from langprop.modules.module import Module
    from langprop.optim.optimizer import Optimizer

DATA = "the training data"
_SAMPLES = 32  # of a dataset that are looked at, evenly spaced
_HOOKS = ("score", "preprocess", "forward", "check_output")


def fingerprint(
    module: Module,
    optimizer: Optimizer,
    train: Any,
    val: Batch | None,
    others: Sequence[Module] = (),
) -> dict[str, str]:
    """What a run depends on beside its settings: a text for each part, compared when it is resumed.

    Python doesn't tell the source of every function, and not every dataset can be looked at: what
    can't be seen isn't compared.

    Args:
        module: What is trained.
        optimizer: May have prompts of its own.
        train: The training data.
        val: The validation data.
        others: Modules that are trained together with it.
    """
    parts = [_module(each) + _digest(_prompts(each)) for each in others if each is not module]
    return {
        **({"the modules that it calls": _digest(parts)} if parts else {}),
        "the module": _module(module),
        **_settings(module),
        "the prompts": _digest(_prompts(module)),
        "the optimizer": _optimizer(optimizer),
        DATA: _data(module, train),
        "the validation data": "none" if val is None else _batch(val),
    }


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What is not as it was, in words."""
    found = []
    for name in before.keys() & now.keys():
        if before[name] != now[name]:
            parts = [each.partition(" samples") for each in (before[name], now[name])]
            sizes = [part[0] for part in parts]
            counted = all(part[1] and part[0].isdecimal() for part in parts)
            counted = counted and sizes[0] != sizes[1]
            found.append(f"{name} ({sizes[0]} samples then, {sizes[1]} now)" if counted else name)
    return sorted(found)


def _optimizer(optimizer: Optimizer) -> str:
    names = ("n_parents", "n_children", "capacity", "decay", "survivors")
    numbers = [f"{name}={getattr(optimizer, name)}" for name in names]
    rule = optimizer.selection
    return " ".join([type(optimizer).__name__, *numbers, str(rule.settings() if rule else "")])


def _module(module: Module) -> str:
    failing, weights = module.exception_score, dict(module.weights)
    parts = [module.entry_point, module.stub, *module.seeds, repr(sorted(weights.items()))]
    parts.append(repr(sorted(failing.items()) if isinstance(failing, Mapping) else failing))
    for name in _HOOKS:
        hook = getattr(module, name, None)
        parts.append(_source(getattr(hook, "__func__", hook)))
    given = vars(module).get("_score")  # of a module made from a function
    return _digest([*parts, _source(given)])


def _settings(module: Module) -> dict[str, str]:
    settings: Any = module.settings
    if not callable(settings):  # an attribute of the user's own
        return {}
    return {f"the module's {name}": repr(value) for name, value in settings().items()}


def _source(function: Any) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return ""


def _prompts(module: Module) -> list[str]:
    if module.prompts is None:
        return ["default"]
    templates = [getattr(module.prompts, name) for name in NAMES]
    return ["" if template is None else template.source for template in templates]


def _data(module: Module, data: Any) -> str:
    if not isinstance(data, Sized):
        digest = getattr(data, "digest", None)
        known = digest() if callable(digest) else ""
        return f"of unknown length {known}".rstrip()
    count = len(data)
    if is_loader(data):
        return f"{count} batches"
    if not is_sequence(data):
        return f"{count} samples"
    digest = hashlib.sha256()
    for place in _places(count):
        try:
            args, kwargs, label = module.read(data[place])  # type: ignore[index]
        except (LangPropError, IndexError):  # whoever trains on it will be told
            digest.update(b"unreadable")
        else:
            digest.update(_bytes((args, kwargs)) + _bytes(label))
    return f"{count} samples {digest.hexdigest()[:16]}"


def _batch(batch: Batch) -> str:
    digest = hashlib.sha256()
    for place in _places(len(batch)):
        digest.update(_bytes(batch.inputs[place]) + _bytes(batch.labels[place]))
    return f"{len(batch)} samples {digest.hexdigest()[:16]}"


def _places(count: int) -> list[int]:
    """Some samples, evenly spaced, with the first and the last."""
    return sorted({count * part // _SAMPLES for part in range(_SAMPLES)} | {count - 1})


def _bytes(value: Any) -> bytes:
    """Plain data, or nothing for objects of the user's own: these have no bytes to compare."""
    try:
        data, arrays = encode_call((value,), {})
    except LangPropError:
        return b"?"
    return data + b"".join(array.tobytes() for array in arrays)


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
