"""`langprop compare`: run optimizers side by side, and tell whether the feedback helped."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from langprop.cli import fit
from langprop.cli.settings import as_yaml
from langprop.cli.task import Task, plain, read_task
from langprop.errors import ConfigError
from langprop.llms.base import LLM
from langprop.optim.optimizer import Optimizer
from langprop.trainer.contest import Contest
from langprop.trainer.estimate import estimate
from langprop.trainer.trial import Trial, write

if TYPE_CHECKING:
    from jsonargparse import ArgumentParser

FILE = "compare.yaml"

_OURS = ("optimizers", "seeds", "target", "optimizer", "run_dir", "seed", "estimate", "resume")
"""Settings that aren't those of each trainer, beside what names the task."""


def parser() -> ArgumentParser:
    """The arguments: those of `fit`, and what is compared."""
    made = fit.parser()
    made.prog = "langprop compare TARGET"
    made.description = (
        "Run optimizers on the same task, seeds and budget, and compare what they learned."
    )
    made.add_argument(
        "--optimizers",
        type=dict[str, Optimizer | LLM | str] | list[str] | str | None,
        default=None,
        help="short names with commas between, each perhaps with a name of yours before it "
        "(NAME=openai:MODEL); in YAML also a mapping of names to optimizers. The others are "
        "compared with the first one",
    )
    made.add_argument(
        "--seeds",
        type=int | list[int],
        default=5,
        help="runs of each optimizer, their seeds counted from --seed on; or the seeds, as [3,5]",
    )
    made.add_argument(
        "--target",
        type=float | None,
        default=None,
        help="a run ends when its score on validation (else training) data reaches this, and "
        "counts as solved when its final score does",
    )
    made.set_defaults({"max_epochs": None})  # the budget is what ends a run
    return made


def run(argv: Sequence[str]) -> int:
    """Run what is compared, and print a table.

    Returns:
        0; 1 if an optimizer has no run that is finished; 130 after ^C.
    """
    made = parser()
    task = read_task(made, argv, command="compare", kept_in=FILE)
    contest = _contest(task)
    if task.settings.estimate:
        _estimate(contest, task)
        return 0
    folder = contest.open()
    if folder is not None:
        write(folder / FILE, as_yaml(plain(made, task, fit.NOT_KEPT), task.base))
    comparison = contest.run(_tell)
    print()
    print(comparison)
    if folder is not None:
        print(f"\nsaved in {folder}")
        if comparison.interrupted:
            print(f"go on with  langprop compare --resume {folder}")
    sys.stdout.flush()
    if comparison.interrupted:
        return 130
    return int(not all(row.finished for row in comparison.rows))


def _contest(task: Task) -> Contest:
    settings = task.settings
    if settings.force:
        raise ConfigError(
            "--force isn't for compare: runs of other settings can't be compared. Leave it out, or "
            "name another run_dir."
        )
    skipped = (*_OURS, *fit.OURS, *task.data)
    trainer = {name: value for name, value in task.ready.items() if name not in skipped}
    if not sys.stdout.isatty():  # a line for each run is enough in a log
        trainer["progress"] = False
    if isinstance(settings.seeds, int):
        trainer["seed"] = settings.seed
    return Contest(
        task.module,
        _optimizers(task.ready.get("optimizers")),
        **task.data,
        seeds=settings.seeds,
        budget=trainer.pop("budget", None),
        target=settings.target,
        run_dir=settings.resume or settings.run_dir,
        resume=settings.resume is not None,
        **trainer,
    )


def _optimizers(given: Any) -> Mapping[str, Any]:
    """Optimizers by name.

    Raises:
        ConfigError: There are none, or two have the same name.
    """
    if isinstance(given, Mapping):
        return given
    specs = given.split(",") if isinstance(given, str) else list(given or ())
    found: dict[str, str] = {}
    for spec in filter(None, map(str.strip, specs)):
        name, equals, what = spec.partition("=")
        name, what = (name.strip(), what.strip()) if equals and ":" not in name else (spec, spec)
        if name in found:
            raise ConfigError(f"--optimizers: {name} is there twice; write NAME={what}.")
        found[name] = what
    if not found:
        raise ConfigError(
            "name what to compare:  --optimizers mutation,random  or  "
            "--optimizers best_of_n:openai:MODEL,openai:MODEL"
        )
    return found


def _estimate(contest: Contest, task: Task) -> None:
    """Print what the runs will take."""
    seeds = len(contest.seeds)
    for name in contest.contestants.names:
        error = contest.contestants.broken.get(name)
        if error is not None:
            print(f"{name}: {error}\n")
            continue
        trainer = contest.trainer(name, contest.seeds[0], None)
        found = estimate(trainer, task.module, task.data["train"], task.data["val"])
        print(f"{name}, each of {seeds} run{'s' * (seeds != 1)}:\n{found}\n")
    if contest.budget is not None:
        print(f"A run ends when its budget is spent: {contest.budget}.")


def _tell(trial: Trial) -> None:
    print(trial, flush=True)
