"""`langprop driving fit`: train a driving policy."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from langprop.callbacks.base import Callback
from langprop.callbacks.source import print_source
from langprop.cli.config import prepared
from langprop.cli.driving_task import FILE, driving_module, found, found_suite
from langprop.cli.settings import as_yaml, kept_settings
from langprop.errors import CheckpointError, ConfigError, LangPropError
from langprop.trainer.trainer import Trainer

if TYPE_CHECKING:
    from jsonargparse import ArgumentParser

    from langprop.driving.learning.module import DrivingModule
    from langprop.driving.task import RouteTask

"""Settings of a run, in its folder."""

NOT_KEPT = ("config", "resume", "force", "run_dir")
OURS = ("suite", "limit", "data", "val", "driven", "policy", "drives", "prompts")
TEST = ("test", "test_seeds", "test_limit", "jobs")


def parser() -> ArgumentParser:
    """The arguments: of `Trainer`, of `DrivingModule` as `policy`, of `Online` as `drives`."""
    from langprop.cli.arguments import Arguments
    from langprop.driving.learning.module import DrivingModule
    from langprop.driving.learning.online import Online

    made = Arguments(
        prog="langprop driving fit CONFIG",
        description="Train a driving policy: on a dataset, while driving, or both.",
        allow_abbrev=False,
    )
    made.add_argument("--config", action="config", help="a YAML file with any of these settings")
    made.add_argument(
        "--suite", type=str, default="training", help="routes that are driven while training"
    )
    made.add_argument("--limit", type=int | None, default=None, help="only the first routes")
    made.add_argument(
        "--driven",
        type=bool,
        default=True,
        help="whether the current policy drives and is trained on what it meets; false to train on "
        "the dataset alone",
    )
    made.add_argument(
        "--data", type=str | None, default=None, help="folder of a dataset to train on"
    )
    made.add_argument(
        "--val", type=str | None, default=None, help="folder of a dataset to validate on"
    )
    made.add_argument(
        "--prompts", type=str | None, default=None, help="folder of templates of your own"
    )
    made.add_argument(
        "--test",
        type=str | None,
        default=None,
        help="suite that is driven at the end, by the policy that training began with (if any) and "
        "by the one that it ended with",
    )
    made.add_argument("--test_seeds", type=int, default=3, help="seeds of traffic of the test")
    made.add_argument(
        "--test_limit", type=int | None, default=None, help="only the first routes of the test"
    )
    made.add_argument("--jobs", type=int | None, default=None, help="processes of the test")
    made.add_argument(
        "--resume",
        type=str | None,
        default=None,
        help="folder of a run that was broken off, to go on with; CONFIG may be left out then",
    )
    made.add_argument("--force", action="store_true", help="resume although something changed")
    made.add_class_arguments(DrivingModule, "policy", skip={"seeds", "prompts"}, instantiate=False)
    made.add_class_arguments(
        Online,
        "drives",
        skip={"module", "tasks", "simulator", "data", "batch_size", "seed"},
        instantiate=False,
    )
    made.add_class_arguments(Trainer)
    return made


def run(argv: Sequence[str]) -> int:
    """Train, say where the best policy is, and let it drive the test routes."""
    from langprop.cli.arguments import in_words  # with the parser

    if not argv:
        raise ConfigError(
            "write what to train by: a YAML file (langprop driving fit CONFIG; examples are "
            "dagger.yaml and others in examples/driving), or any setting (see --help)."
        )
    made = parser()
    settings, base = _read(made, argv)
    if settings.force and settings.resume is None:
        raise ConfigError("--force goes with --resume RUN: it resumes a run although it changed.")
    if not settings.driven and settings.data is None:
        raise ConfigError(
            "there is nothing to train on: name a dataset (data: FOLDER, made with  langprop "
            "driving collect --out FOLDER), or let the policy drive (driven: true)."
        )
    for name in ("limit", "test_seeds", "test_limit", "jobs"):
        if settings[name] is not None and settings[name] < 1:
            raise ConfigError(f"{name} must be at least 1, but got {settings[name]}.")
    try:
        ready = made.instantiate(settings)
        chosen = {
            name: value
            for name, value in ready.items()
            if name.partition(".")[0] not in (*OURS, *TEST, "config", "resume", "force")
        }
        if settings.resume is not None:
            if settings.run_dir not in (None, settings.resume):
                raise ConfigError(
                    "--run_dir and --resume name two folders: a run goes on in its own."
                )
            chosen["run_dir"] = Path(settings.resume)
        module = driving_module(settings.policy.as_dict(), settings.prompts, base)
        data = None if settings.data is None else _frames(settings.data, base)
        val = None if settings.val is None else _frames(settings.val, base)
        test = None if settings.test is None else _routes(settings.test, settings.test_limit, base)
        trainer = Trainer(**chosen)
        train = data if not settings.driven else _online(settings, module, data, trainer, base)
        if settings.resume is None:
            _check_start(module, str(found(str(settings.policy.start), base)), trainer)
    except LangPropError:
        raise
    except ValueError as error:  # a number out of range, found by the class that owns it
        raise ConfigError(in_words(str(error))) from error
    kept = _Keep(_plain(made, settings, base))
    trainer.callbacks.append(kept)
    resume: Literal["force"] | bool = settings.resume is not None
    trainer.fit(module, train, val, resume="force" if settings.force else resume)
    _conclude(trainer, module)
    if trainer.interrupted:
        if trainer.run_dir is not None and module.best is not None:
            print(f"go on with:  {_again(trainer.run_dir.path, argv, resumed=bool(resume))}")
        return 130
    if resume and trainer.step == kept.begun:
        print(_at_its_limit(trainer))
    if test is not None and module.best is not None:
        _drive(settings, test, module, trainer)
    return 0


class _Keep(Callback):
    """Writes the settings into the run's folder, without secrets.

    Args:
        settings: As plain data, with paths that hold from anywhere.

    Attributes:
        begun: Steps that the run had when this training began.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._text = as_yaml(settings, Path(), imports=())  # `test` names a suite here, no file
        self.begun = 0

    def on_train_start(self, trainer: Trainer, module: Any) -> None:
        """Note how far the run was."""
        del module
        self.begun = trainer.step

    def on_fit_start(self, trainer: Trainer, module: Any) -> None:
        """Write them, unless the run is resumed."""
        del module
        folder = trainer.run_dir
        if folder is None or (folder.path / FILE).exists():
            return
        try:
            (folder.path / FILE).write_text(self._text, encoding="utf-8")
        except OSError as error:
            raise CheckpointError(f"{folder.path / FILE} can't be written: {error}") from error


def _read(made: ArgumentParser, argv: Sequence[str]) -> tuple[Any, Path]:
    """The settings, and the folder that paths in them are relative to."""
    arguments, base = list(argv), Path()
    if arguments and not arguments[0].startswith("-"):
        config = Path(arguments.pop(0))
        if config.is_dir():
            raise ConfigError(f"{config} is a folder: name a file of settings, such as dagger.yaml")
        base = config.parent
        arguments = ["--config", str(config), *arguments]
    elif resumed := _resumed(arguments):
        kept = kept_settings(resumed, FILE, "driving fit")
        arguments = ["--config", str(kept), *arguments]
    return made.parse_args(prepared(arguments)), base


def _resumed(arguments: Sequence[str]) -> str:
    """The run that is to be resumed, if any."""
    for at, each in enumerate(arguments):
        if each == "--resume":
            return "".join(arguments[at + 1 : at + 2])
        if each.startswith("--resume="):
            return each.partition("=")[2]
    return ""


def _frames(folder: str, base: Path) -> Any:
    from langprop.driving.frames.dataset import Frames

    return Frames(found(folder, base))


def _routes(name: str, limit: int | None, base: Path) -> tuple[RouteTask, ...]:
    """The first routes of a suite, of which is known that they can be driven."""
    from langprop.driving.maps.suites import check_routes, suite

    routes = suite(found_suite(name, base))[:limit]
    check_routes(routes)
    return routes


def _online(settings: Any, module: DrivingModule, data: Any, trainer: Trainer, base: Path) -> Any:
    from langprop.driving.learning.online import Online

    online = Online(
        module,
        _routes(settings.suite, settings.limit, base),
        data=data,
        batch_size=trainer.batch_size or 256,
        seed=trainer.seed,
        **settings.drives.as_dict(),
    )
    trainer.callbacks.append(online)
    return online


def _check_start(module: DrivingModule, origin: str, trainer: Trainer) -> None:
    """Find out whether what training starts from can be loaded, before it is begun."""
    from langprop.driving.agents.drivers import Driver
    from langprop.driving.agents.loading import check_scripts

    try:
        drivers = [Driver("start", source, origin=origin) for source in module.seeds]
        check_scripts(drivers, trainer.executor)
    except BaseException:
        trainer.close()
        raise


def _plain(made: ArgumentParser, settings: Any, base: Path) -> dict[str, Any]:
    """The settings as plain data, with paths that hold from anywhere."""
    import yaml

    given = yaml.safe_load(made.dump(settings, skip_unset=False, skip_validation=True))
    kept = {name: value for name, value in given.items() if name not in NOT_KEPT}
    for name in ("data", "val", "prompts"):
        if kept.get(name):
            kept[name] = str(found(kept[name], base).resolve())
    for name in ("suite", "test"):
        if kept.get(name):
            kept[name] = found_suite(kept[name], base)
    if kept["policy"].get("start"):
        kept["policy"]["start"] = str(found(str(kept["policy"]["start"]), base).resolve())
    return kept


def _conclude(trainer: Trainer, module: DrivingModule) -> None:
    from rich.console import Console

    console = Console()
    if module.best is None:
        console.print("Nothing was learned yet.")
        return
    console.print()
    if trainer.run_dir is None:
        print_source(console, module.source)
    else:
        folder = trainer.run_dir.path
        show = f"langprop show {shlex.quote(str(folder))}"
        for line in (f"best policy: {folder / 'best.py'}", f"look at it with:  {show}"):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    sys.stdout.flush()


def _again(folder: Path, argv: Sequence[str], *, resumed: bool) -> str:
    """The command that goes on with a run.

    The settings of a run are kept when it begins; what was changed when it was resumed isn't, so
    that it is to be said again.
    """
    command = "langprop driving fit"
    if not resumed:
        return f"{command} --resume {shlex.quote(str(folder))}"
    return f"{command} {shlex.join(each for each in argv if each != '--force')}"


def _at_its_limit(trainer: Trainer) -> str:
    """Why a run that was resumed ended at once."""
    reached, more = trainer.stopped, f"--max_steps {trainer.step + 10}"
    if not reached:
        reached, more = f"max_epochs={trainer.max_epochs}", f"--max_epochs {trainer.epoch + 10}"
    told = f"No step was taken: the run has {trainer.step} already, and ended with {reached}."
    return f"{told} To go on, raise that:  {more}" if reached.startswith("max_") else told


def _drive(
    settings: Any, routes: Sequence[RouteTask], module: DrivingModule, trainer: Trainer
) -> None:
    """Drive the test routes with the policy before and after, and print the table."""
    from langprop.driving.agents.drivers import Driver
    from langprop.driving.judging.evaluate import evaluate
    from langprop.driving.judging.table import table
    from langprop.files import write_text

    shown: dict[str, Any] = {"extents": module.extents, "stop_memory": module.stop_memory}
    drivers = [Driver("trained", module.standalone, **shown)]
    if module.seeds:
        drivers.insert(0, Driver("start", module.seeds[0], **shown))
    evaluation = evaluate(
        drivers,
        routes,
        range(settings.test_seeds),
        jobs=settings.jobs,
        suite=settings.test,
    )
    text = table(evaluation)
    print(text)
    if trainer.run_dir is not None:
        write_text(trainer.run_dir.path / "test.txt", text + "\n")
