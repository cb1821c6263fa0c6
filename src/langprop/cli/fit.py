"""`langprop fit`: train a function."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from langprop.callbacks.cells import timed_out
from langprop.callbacks.progress import Progress
from langprop.callbacks.source import print_source
from langprop.cli.settings import FILE, KeepSettings
from langprop.cli.task import plain, read_task
from langprop.cli.tested import AT_END, note_tests
from langprop.errors import ConfigError
from langprop.modules.module import Module
from langprop.trainer.estimate import estimate
from langprop.trainer.run_dir import RunDir
from langprop.trainer.trainer import Trainer

if TYPE_CHECKING:
    from jsonargparse import ArgumentParser

OURS = (
    "config",
    "module",
    "env",
    "env_args",
    "label_column",
    "ignore",
    "estimate",
    "resume",
    "force",
)
"""Settings that aren't the trainer's, beside the data."""

NOT_KEPT = ("config", "estimate", "resume", "force", "run_dir")
"""Settings of one call of the command, not of the run."""


def parser() -> ArgumentParser:
    """The arguments: those of `Trainer`, and the data."""
    from langprop.cli.arguments import Arguments

    made = Arguments(
        prog="langprop fit TARGET", description="Train a function.", allow_abbrev=False
    )
    made.add_argument("--config", action="config", help="a YAML file with any of these settings")
    made.add_argument(
        "--module", type=str, help="FILE.py:NAME or package.module:NAME of the Module"
    )
    made.add_argument(
        "--env",
        type=str | None,
        default=None,
        help="id of a Gymnasium environment, or module:ID with the module that registers it, in "
        "place of TARGET: trains a policy for it, without any code, with settings that suit its "
        "episodes",
    )
    made.add_argument(
        "--env_args",
        type=dict[str, Any] | None,
        default=None,
        help="arguments for the environment, such as  --env_args.continuous=true  or "
        "--env_args.max_episode_steps=200",
    )
    for split, text in (("train", "training"), ("val", "validation"), ("test", "test")):
        where = "import string or file (.csv, .jsonl, .parquet, .npz, ...)"
        made.add_argument(
            f"--{split}", type=str | None, default=None, help=f"{where} of the {text} data"
        )
    made.add_argument(
        "--label_column",
        type=str | None,
        default=None,
        help="column of the data files that is the label; by default label, output, target or y",
    )
    made.add_argument(
        "--ignore",
        type=list[str] | str | None,
        default=None,
        help="columns of the data files to leave out, such as id,date",
    )
    made.add_argument(
        "--estimate",
        action="store_true",
        help="print what the run will take, in requests, tokens, money and evaluations; train not",
    )
    made.add_argument(
        "--resume",
        type=str | None,
        default=None,
        help="folder of a run that was broken off, or a copy of a checkpoint in it, to go on with; "
        "TARGET may be left out then",
    )
    made.add_argument(
        "--force",
        action="store_true",
        help="resume although the module, its prompts or the data have changed",
    )
    made.add_class_arguments(Trainer)
    return made


def run(argv: Sequence[str]) -> int:
    """Train, then print the best script, its score and where the run was saved."""
    from langprop.cli.arguments import in_words  # with the parser

    made = parser()
    task = read_task(made, argv, command="fit", kept_in=FILE)
    settings, module, data = task.settings, task.module, task.data
    if settings.resume is None and settings.force:
        raise ConfigError("--force goes with --resume RUN: it resumes a run although it changed.")
    chosen = {name: value for name, value in task.ready.items() if name not in (*data, *OURS)}
    copy = Path(settings.resume) if settings.resume is not None else None
    if copy is not None:
        if settings.run_dir is not None and settings.run_dir != settings.resume:
            raise ConfigError("--run_dir and --resume name two folders: a run goes on in its own.")
        file = copy.is_file() or copy.suffix == ".json"
        chosen["run_dir"] = RunDir.holding(copy).path if file else copy
        if file and settings.force:
            raise ConfigError(
                f"--force goes on from the last checkpoint of a run, and {copy} is a copy of an "
                f"earlier one: leave --force out, or give  --resume {chosen['run_dir']} --force"
            )
    try:
        trainer = Trainer(**chosen)
    except ValueError as error:  # a number out of range, found by the class that owns it
        raise ConfigError(in_words(str(error))) from error
    if settings.estimate:
        print(estimate(trainer, module, data["train"], data["val"]))
        return 0
    trainer.callbacks.append(KeepSettings(plain(made, task, NOT_KEPT), task.base))
    resume: Literal["force"] | bool | Path = copy is not None
    if copy is not None and chosen["run_dir"] != copy:
        resume = copy
    if settings.force:
        resume = "force"
    trainer.fit(module, data["train"], data["val"], resume=resume)
    _conclude(trainer, module, data["test"])
    return 130 if trainer.interrupted else 0


def _conclude(trainer: Trainer, module: Module, test: Any) -> None:
    from rich.console import Console

    console = Console()
    if module.best is None:
        console.print("Nothing was learned yet.")
        return
    if trainer.stopped and not any(isinstance(each, Progress) for each in trainer.callbacks):
        console.print(f"stopped: {trainer.stopped}", highlight=False, markup=False)
    console.print()
    together = trainer.together(module)
    for each in together:
        if len(together) > 1:
            seeded = bool(each.seeds) and each.source == each.seeds[0]
            console.print(f"{each.entry_point}: {'as it was' if seeded else 'changed'}")
        print_source(console, each.source)
    console.print()
    what = "test score"
    if test is None:
        test = module.test_data()
        if getattr(module, "scores_return", False):  # of an environment
            what = "return over fresh episodes"
    tried = any(policy.weight for each in together for policy in each.population.policies)
    if test is not None and tried and not trainer.interrupted:
        if timed_out(trainer):  # this, too, isn't a part of that time, and may take longer
            console.print(f"testing after {trainer.stopped}", highlight=False, markup=False)
        report = trainer.test(module, test)
        console.print(f"{what}: {report}", highlight=False)
        if trainer.run_dir is not None:
            note_tests(trainer.run_dir.path, [report], AT_END)
    if trainer.run_dir is not None:
        console.print(f"saved in {trainer.run_dir.path}", highlight=False, soft_wrap=True)
        if trainer.interrupted:
            again = f"go on with:  langprop fit --resume {trainer.run_dir.path}"
            console.print(again, highlight=False, soft_wrap=True)
    sys.stdout.flush()
