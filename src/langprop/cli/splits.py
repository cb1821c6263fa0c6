"""The data of a task, as options and settings name it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langprop.data.files import is_file_spec, read_data
from langprop.errors import ConfigError, ScriptError
from langprop.modules.module import Module
from langprop.scripts.parsing import find_function

if TYPE_CHECKING:
    from jsonargparse import Namespace

SPLITS = ("train", "val", "test")


def read_splits(module: Module, settings: Namespace, base: Path) -> dict[str, Any]:
    """The samples of each split; None where none are given.

    Args:
        module: Says what columns are matched with.
        settings: With "train", "val", "test", "label_column" and "ignore".
        base: Folder that files and import strings are relative to.

    Raises:
        ConfigError: Columns are named, but no file; or the module reads rows by itself.
        DataError: A file can't be read.
    """
    specs = {split: settings[split] for split in SPLITS}
    label_column, ignore = settings["label_column"], columns(settings["ignore"])
    function = signature(module)
    if label_column is not None or ignore:
        named = "--label_column" if label_column is not None else "--ignore"
        if function is None:
            raise ConfigError(
                f"{named}: {module.entry_point} reads the rows of a file by itself, in preprocess."
            )
        if not any(spec is not None and is_file_spec(spec) for spec in specs.values()):
            raise ConfigError(
                f"{named} is about the columns of a data file, but none is given: name it with "
                "--train FILE."
            )
    return {
        split: None
        if spec is None
        else read_data(
            spec, base, function=function, label_column=label_column, ignore=tuple(ignore)
        )
        for split, spec in specs.items()
    }


def columns(given: Sequence[str] | str | None) -> list[str]:
    """Names of columns, given as a list or with commas between them."""
    if isinstance(given, str):
        given = [name.strip() for name in given.split(",")]
    return [name for name in given or () if name]


def signature(module: Module) -> ast.FunctionDef | None:
    """What the columns of a file are matched with; None if the module reads rows by itself."""
    return stub_of(module) if module.reads_pairs else None


def stub_of(module: Module) -> ast.FunctionDef | None:
    """The stub, parsed; None if there is none, since a module may have prompts instead."""
    try:
        return find_function(module.stub, module.entry_point)
    except ScriptError:
        return None
