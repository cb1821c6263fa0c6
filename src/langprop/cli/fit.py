"""`langprop fit`: train a function."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langprop.cli.code import print_source
from langprop.cli.settings import KeepSettings, kept_settings
from langprop.cli.target import config_of
from langprop.data.files import read_data
from langprop.data.objects import load_object
from langprop.errors import ConfigError, LangPropError, ScriptError
from langprop.modules.module import Module
from langprop.scripts.parsing import find_function
from langprop.trainer.estimate import estimate
from langprop.trainer.trainer import Trainer

if TYPE_CHECKING:
    from jsonargparse import ArgumentParser

TARGET = (
    "a folder with a config.yaml, such a file, or FILE.py:NAME or package.module:NAME of a Module"
)


def parser() -> ArgumentParser:
    """The arguments: those of `Trainer`, and the data."""
    from jsonargparse import ArgumentParser

    made = ArgumentParser(
        prog="langprop fit TARGET", description="Train a function.", allow_abbrev=False
    )
    made.add_argument("--config", action="config", help="a YAML file with any of these settings")
    made.add_argument(
        "--module", type=str, help="FILE.py:NAME or package.module:NAME of the Module"
    )
    for split, text in (("train", "training"), ("val", "validation"), ("test", "test")):
        where = "import string or file (.csv, .jsonl, .parquet, .npz, ...)"
        made.add_argument(
            f"--{split}", type=str | None, default=None, help=f"{where} of the {text} data"
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
        help="folder of a run that was broken off, to go on with; TARGET may be left out then",
    )
    made.add_class_arguments(Trainer, skip={"loggers"})
    return made


def run(argv: Sequence[str]) -> int:
    """Train, then print the best script, its score and where the run was saved."""
    import yaml

    arguments = list(argv)
    base = Path()
    made = parser()
    if arguments and not arguments[0].startswith("-"):
        target = arguments.pop(0)
        config = config_of(target)
        if config is None:
            arguments = ["--module", target, *arguments]
        else:
            base = config.parent
            arguments = ["--config", str(config), *arguments]
    elif (resumed := _value_of("--resume", arguments)) is not None:
        arguments = ["--config", str(kept_settings(resumed)), *arguments]
    settings = made.parse_args(arguments)
    if settings.resume is not None:
        settings.run_dir = settings.resume
    if settings.module is None:
        raise ConfigError("name what to train:  langprop fit TARGET  where TARGET is " + TARGET)
    module = load_object(settings.module, base)
    if not isinstance(module, Module):
        raise ConfigError(f"{settings.module} is a {type(module).__name__}, not a langprop Module.")
    data = {
        split: None
        if settings[split] is None
        else read_data(settings[split], base, function=_signature(module))
        for split in ("train", "val", "test")
    }
    try:
        ready = made.instantiate(settings)
        chosen = {
            name: value
            for name, value in ready.items()
            if name not in (*data, "config", "module", "estimate", "resume")
        }
        trainer = Trainer(**chosen)
    except LangPropError:
        raise
    except ValueError as error:  # a number out of range, found by the class that owns it
        raise ConfigError(str(error)) from error
    if settings.estimate:
        print(estimate(trainer, module, data["train"], data["val"]))
        return 0
    given = yaml.safe_load(made.dump(settings, skip_unset=False, skip_validation=True))
    for name in ("config", "estimate", "resume", "run_dir"):
        given.pop(name, None)
    trainer.callbacks.append(KeepSettings(given, base))
    trainer.fit(module, data["train"], data["val"], resume=settings.resume is not None)
    _conclude(trainer, module, data["test"])
    return 130 if trainer.interrupted else 0


def _signature(module: Module) -> ast.FunctionDef | None:
    """What the columns of a file are matched with; None if the module reads rows by itself."""
    if not module.reads_pairs:
        return None
    try:
        return find_function(module.stub, module.entry_point)
    except ScriptError:  # a module may have prompts and no stub
        return None


def _value_of(option: str, arguments: Sequence[str]) -> str | None:
    """The value of an option, given as `--option value` or `--option=value`."""
    for place, argument in enumerate(arguments):
        if argument == option and place + 1 < len(arguments):
            return arguments[place + 1]
        if argument.startswith(f"{option}="):
            return argument.partition("=")[2]
    return None


def _conclude(trainer: Trainer, module: Module, test: Any) -> None:
    from rich.console import Console

    console = Console()
    if module.best is None:
        console.print("Nothing was learned yet.")
        return
    console.print()
    print_source(console, module.source)
    console.print()
    test = module.test_data() if test is None else test
    if test is not None and not trainer.interrupted:
        what = "return over fresh episodes" if module.test_data() is not None else "test score"
        console.print(f"{what}: {trainer.test(module, test)}", highlight=False)
    if trainer.run_dir is not None:
        console.print(f"saved in {trainer.run_dir.path}", highlight=False, soft_wrap=True)
    sys.stdout.flush()
