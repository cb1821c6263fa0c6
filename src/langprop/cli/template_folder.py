"""TemplateFolder: templates as evidence, shown with variables that stand for a task."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langprop.cli.evidence import Evidence, script_of_text
from langprop.errors import ConfigError
from langprop.modules.module import Module
from langprop.modules.reference import Reference
from langprop.modules.reference_folder import CONFIG
from langprop.population.policy import Policy
from langprop.population.record import Record
from langprop.prompts.prompts import NAMES, Prompts
from langprop.prompts.template import ENGINES

RUNNABLE = ("config.yaml", "checkpoint.json")
"""Files that make a folder one of a task or of a run."""

_EXAMPLE = {
    "status": "exception",
    "args": (0,),
    "label": 0,
    "exception": "line 3, in double\n    return 4 * value // value // 2\n"
    "ZeroDivisionError: integer division or modulo by zero",
    "printed": "value is 0\n",
    "stub": 'def double(value: int) -> int:\n    """Return twice the number."""\n',
    "code": "def double(value: int) -> int:\n"
    "    print('value is', value)\n    return 4 * value // value // 2\n",
}
"""Variables for templates that are shown without any: a function with an error."""

_DEFINED = re.compile(r"^def +(\w+)", re.MULTILINE)
_OF_RECORD = ("args", "kwargs", "outputs", "label", "exception", "printed", "feedback", "score")


def is_template_folder(path: Path) -> bool:
    """Whether a folder holds templates, and nothing that can be trained or was."""
    if not path.is_dir() or any((path / name).is_file() for name in RUNNABLE):
        return False
    return any((path / (name + suffix)).is_file() for name in NAMES for suffix in ENGINES)


def of_templates(folder: Path, given: Mapping[str, Any]) -> Evidence:
    """What a folder of templates gives, with variables of the user's or a small example.

    A checkpoint of the paper's code is such a folder; its best script is shown.

    Raises:
        TemplateError: A template can't be read or isn't valid.
        CheckpointError: It looks like such a checkpoint, but can't be read.
        ConfigError: The variables don't fit together.
    """
    own = any(name in given for name in (*_OF_RECORD, "function_name", "code", "stub"))
    status = "exception" if given.get("exception") else "ok"
    usual: Mapping[str, Any] = {"status": status, "stub": "", "code": ""} if own else _EXAMPLE
    saved = _of_checkpoint(folder)
    if saved and not own:
        usual = {"status": "ok", "stub": "", "args": (0,), "label": 0}
    known = {"function_name": "double", **usual, **saved, **given}
    if "function_name" not in {**saved, **given}:  # as the user's own source calls it
        found = _DEFINED.findall(str(known["stub"] or known["code"]))
        known["function_name"] = found[-1] if found else "double"
    name = str(known["function_name"])
    module = _Shown(name, str(known["stub"]))
    policy = Policy(script_of_text(str(known["code"]), name, "the example"))
    policy.tell([_record(known)])
    module.example = policy.records[0]
    what = "sample is" if saved else "variables are"
    notes = [] if own else [f"the {what} an example; give your own with --sample"]
    return Evidence(module, Prompts.load(folder), [policy], notes=notes)


class _Shown(Module):
    """Stands for the module of which only templates are known."""

    def __init__(self, entry_point: str, stub: str) -> None:
        self.entry_point, self.stub = entry_point, stub
        super().__init__()


def _of_checkpoint(folder: Path) -> dict[str, Any]:
    """What a checkpoint of the paper's code says beside its templates; empty if it is none."""
    if not ((folder / CONFIG).is_file() and (folder / "record_0.txt").is_file()):
        return {}
    reference = Reference.read(folder)
    return {"function_name": reference.name, "code": next(iter(reference.scripts), "")}


def _record(given: Mapping[str, Any]) -> Record:
    try:
        return Record(
            sample=0,
            status=given["status"],
            score=float(given.get("score", 0.0)),
            args=tuple(given.get("args", ())),
            kwargs=dict(given.get("kwargs", {})),
            output=given.get("outputs"),
            label=given.get("label"),
            exception=str(given.get("exception", "")),
            printed=str(given.get("printed", "")),
            feedback=str(given.get("feedback", "")),
        )
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"the variables of --sample don't fit: {error}. args is a list, kwargs a mapping, "
            "score a number."
        ) from error
