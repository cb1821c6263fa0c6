"""Provenance: where an exported script comes from, as comments in front of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from langprop.cli.tested import in_words, tested
from langprop.trainer.lineage import read_lineage
from langprop.trainer.run_dir import CHECKPOINT

if TYPE_CHECKING:
    from langprop.cli.again import Again
    from langprop.modules.module import Module
    from langprop.population.policy import Policy


def header(again: Again, module: Module, policy: Policy) -> str:
    """Comments that stand in front of an exported script.

    They depend on the run alone, so that the same policy is exported as the same file.
    """
    made = str(again.config.get("langprop") or "?")
    run = again.folder.path.name or again.name
    written = _without_path(policy.script.origin) or "?"
    lines = [
        # A text of the run's in one of the first two lines could be taken for an encoding.
        "Learned by LangProp, https://github.com/langprop/langprop: this file needs no langprop.",
        "",
        f"function    {module.entry_point}",
        f"run         {run}, made with langprop {made}",
        f"policy      {policy.id}, {_date(again, policy)}, written by {written}",
    ]
    if policy.script.parent:
        lines.append(f"parent      {policy.script.parent}")
    if policy.weight:
        lines.append(
            f"score       {policy.priority:.6g} in training, from {policy.weight:.6g} samples"
        )
    if policy.val_score is not None:
        lines.append(f"validation  {policy.val_score:.6g}")
    tests = [each for each in tested(again.folder.path) if each["policy"] == policy.id]
    if tests:
        lines.append(f"test        {in_words(tests[-1])}")
    lines.append(f"optimizer   {_optimizer(again.config)}")
    lines.append(f"train again {_again(again, run)}")
    return "".join(f"# {_line(line)}".rstrip() + "\n" for line in lines)


def _date(again: Again, policy: Policy) -> str:
    """The day on which it was first saved; of older runs, that of the last checkpoint."""
    entry = read_lineage(again.folder.path).get(policy.id)
    if entry is not None and entry.time:
        return f"{entry.time[:10]}, step {entry.step}"
    changed = (again.folder.path / CHECKPOINT).stat().st_mtime
    return datetime.fromtimestamp(changed, timezone.utc).date().isoformat()


def _optimizer(config: Mapping[str, Any]) -> str:
    found = config.get("optimizer")
    if not isinstance(found, Mapping) or "name" not in found:
        return "?"
    numbers = [
        f"{name}={found[name]}"
        for name in ("n_parents", "n_children", "capacity")
        if found.get(name) is not None
    ]
    return ", ".join([_without_path(str(found["name"])), *numbers])


def _without_path(name: str) -> str:
    """A name of an optimizer or model, without what it says of this machine."""
    kind = name.partition(":")[0]
    return kind if kind in ("command", "exchange", "replay") else name


def _again(again: Again, run: str) -> str:
    if not again.folder.path.is_absolute():  # else it says where the user keeps his files
        run = again.name
    if again.fit is None:
        return f"from Python; its settings are in {run}/config.yaml"
    return f"langprop fit --config {run}/fit.yaml"


def _line(text: str) -> str:
    """A text that can't end the comment that it stands in."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)[:300]
