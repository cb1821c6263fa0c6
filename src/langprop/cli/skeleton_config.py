"""Config: a commented config.yaml, with the settings of `langprop fit` and their defaults."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Mapping
from typing import Any

from langprop.llms.budget import Budget
from langprop.sandbox.limits import Limits
from langprop.trainer.trainer import Trainer

_WIDTH = 98

_PARTED = {"limits": Limits, "budget": Budget}
"""Settings that are objects with settings of their own."""

_WRITTEN = ("optimizer", "limits", "budget", "callbacks", "loggers", "executor", "run_dir")
"""Settings of the trainer that have more to say than a value."""


def config_text(active: Mapping[str, tuple[Any, str]]) -> str:
    """The settings of a project: those that are set, and all others as comments.

    Args:
        active: What is set: name → value and a comment, or "" for what the trainer's documentation
            says.
    """
    explained = explanations(Trainer)
    blocks = []
    for name, (value, comment) in active.items():
        if name in _PARTED:  # below, with all its parts
            continue
        text = comment or explained.get(name, "")
        blocks.append(f"{_comment(text)}{_entry(name, value)}\n")
    rest = ["# ---- other settings, with their defaults ----\n"]
    for name, parameter in inspect.signature(Trainer).parameters.items():
        if name not in active and name not in _WRITTEN:
            rest.append(
                f"{_comment(explained.get(name, ''))}{_off(_entry(name, parameter.default))}\n"
            )
    return "\n".join([*blocks, *rest, *_written(active)])


def explanations(owner: type) -> dict[str, str]:
    """What the docstring of a class says of its arguments."""
    from docstring_parser import parse

    found = parse(inspect.getdoc(owner) or "")
    return {each.arg_name: " ".join((each.description or "").split()) for each in found.params}


def _written(active: Mapping[str, Any]) -> list[str]:
    """Settings that have parts, with an example."""
    blocks = []
    for name, owner in _PARTED.items():
        text = (inspect.getdoc(owner) or "").partition("\n\n")[0]
        explained = explanations(owner)
        given = active.get(name, ({}, ""))[0]
        lines = [_comment(" ".join(text.split())) + (f"{name}:" if given else f"# {name}:")]
        for part, parameter in inspect.signature(owner).parameters.items():
            about = explained.get(part, "").partition(". ")[0].rstrip(".")
            entry = "  " + _entry(part, given.get(part, parameter.default))
            entry = entry if part in given else f"# {entry}"
            fits = len(entry) + len(about) <= _WIDTH - 4
            lines.append(f"{entry}  # {about}" if fits else _comment(about, "#   # ") + entry)
        blocks.append("\n".join(lines) + "\n")
    if "callbacks" not in active:
        blocks.append(_CALLBACKS)
    blocks.append(_LOGGERS)
    return [*blocks, _RUN_DIR]


_CALLBACKS = """\
# What happens beside the training: names of classes in langprop.callbacks, with their arguments.
# callbacks:
#   - EarlyStopping: {monitor: train/best, patience: 50}
"""

_LOGGERS = """\
# Where figures go beside the run's folder: tensorboard, mlflow, wandb, or classes with arguments.
# loggers: [tensorboard]
"""

_RUN_DIR = """\
# Folder of the run; null for a new one in runs/, named after the function.
# run_dir: null
"""


def _entry(name: str, value: Any) -> str:
    import yaml

    if isinstance(value, tuple):
        value = list(value)
    return str(
        yaml.safe_dump({name: value}, sort_keys=False, allow_unicode=True, width=1000)
    ).rstrip()


def _off(text: str) -> str:
    return "\n".join(f"# {line}" for line in text.splitlines())


def _comment(text: str, mark: str = "# ") -> str:
    lines = textwrap.wrap(text, _WIDTH - len(mark), break_long_words=False)
    return "".join(f"{mark}{line}\n" for line in lines)
