"""Driving task: what the settings of `langprop driving fit` name, for all who read them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langprop.driving.learning.module import DrivingModule

FILE = "driving.yaml"
"""The settings of a run, in its folder."""


def found(path: str, base: Path) -> Path:
    """A path of the settings: beside their file, or from here."""
    near = base / Path(path).expanduser()
    return near if near.exists() else Path(path).expanduser()


def found_suite(name: str, base: Path) -> str:
    """A suite of the settings: a shipped one, or the path of a file, which holds from anywhere."""
    return str(found(name, base).resolve()) if Path(name).suffix == ".json" else name


def driving_module(policy: Mapping[str, Any], prompts: str | None, base: Path) -> DrivingModule:
    """The module that is trained.

    Args:
        policy: Arguments of `DrivingModule`; the path of the start as it was written.
        prompts: Folder of templates, as it was written; None for those of driving.
        base: Folder of the settings.

    Raises:
        TypeError: There is no such argument.
        LangPropError: One doesn't fit, or a file can't be read.
    """
    from langprop.driving.learning.module import DrivingModule
    from langprop.prompts.prompts import Prompts

    given = dict(policy)
    if given.get("start") is not None:
        given["start"] = found(str(given["start"]), base)
    if prompts is not None:
        given["prompts"] = Prompts.load(found(prompts, base))
    return DrivingModule(**given)
