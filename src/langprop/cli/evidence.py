"""Evidence: what a prompt is rendered of, on the command line: a module, scripts and records."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langprop.cli import driving_task
from langprop.cli.asking import Asking
from langprop.cli.config import read_mapping
from langprop.cli.environment import env_module, env_settings
from langprop.cli.settings import FILE
from langprop.cli.splits import columns, signature
from langprop.cli.target import config_of
from langprop.data.batches import as_dataset, batches, first_sample, is_loader
from langprop.data.files import read_data
from langprop.data.objects import load_object
from langprop.errors import ConfigError, DataError, IsolationError, LangPropError, ModuleError
from langprop.evaluation import Batch, evaluate
from langprop.modules.module import Module
from langprop.population.policy import Policy
from langprop.population.record import Record
from langprop.prompts.prompts import Prompts
from langprop.sandbox.limits import Limits
from langprop.scripts.parsing import text_id
from langprop.scripts.script import Script

_DRIVING = {"policy", "driven", "drives", "suite"}
"""Settings that `langprop driving fit` alone has."""

N_SAMPLES = 8
"""Training samples on which a script is judged, to have something to show."""


@dataclass
class Evidence:
    """What a prompt is rendered of.

    Attributes:
        module: The module.
        prompts: Its templates.
        policies: Scripts to choose from, best first.
        data: Training data, if there is any.
        limits: What a script may use while it is judged.
        asking: How the task's optimizer asks.
        notes: What the user should know of how this came about.
    """

    module: Module
    prompts: Prompts
    policies: list[Policy] = field(default_factory=list)
    data: Any = None
    limits: Limits = field(default_factory=Limits)
    asking: Asking = field(default_factory=Asking)
    notes: list[str] = field(default_factory=list)

    def policy(self, beginning: str | None) -> Policy:
        """The best policy, or the one whose id begins like this, or a file's script.

        Raises:
            ConfigError: There is none, or there are several.
        """
        if beginning is None:
            return self.policies[0]
        path = Path(beginning)
        if path.suffix == ".py" and path.is_file():
            return Policy(script_of_text(_read(path), self.module.entry_point, beginning))
        found = [policy for policy in self.policies if policy.id.startswith(beginning)]
        if len(found) != 1:
            ids = ", ".join(policy.id[:8] for policy in self.policies[:10])
            raise ConfigError(
                f"{len(found)} scripts have an id that begins with {beginning!r}; there are {ids}. "
                "Or name a file of your own: --policy FILE.py."
            )
        return found[0]

    def judge(self, policies: Iterable[Policy], sample: int | None) -> None:
        """Judge policies on some training samples, or on one, and give them the records.

        Raises:
            ConfigError: There is no such sample.
            LangPropError: They can't be judged; says why.
        """
        policies = list(policies)
        if self.data is None:
            if sample is not None:
                raise ConfigError(
                    f"there is no sample {sample}: the module brings no data. Name it with "
                    "--train FILE.py:NAME."
                )
            return
        from langprop.executors.shared import shared_executor

        chosen = _samples(self.data, sample)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            batch = Batch.read(self.module, chosen)
            scripts = [policy.script for policy in policies]
            try:
                executor = self.module.executor or shared_executor()
                records = evaluate(self.module, scripts, batch, executor, self.limits)
            except (
                IsolationError,
                ModuleError,
            ) as error:  # templates can be looked at all the same
                self.notes.append(f"no script was judged, so that no sample is shown: {error}")
                return
        self.notes += [str(each.message) for each in caught]
        for policy in policies:
            policy.tell(records[policy.id])
        which = f"training sample {sample}" if sample is not None else f"{len(batch)} samples"
        self.notes.append(f"{', '.join(_describe(each) for each in policies)}: judged on {which}")


def of_env(env: str, train: str | None) -> Evidence:
    """What an environment gives, as `langprop fit --env` trains a policy for it.

    Args:
        env: Its id.
        train: Import string of training data; by default seeds of episodes.

    Raises:
        LangPropError: There is no such environment, or it can't be played.
    """
    module = env_module(env)
    return _of_settings(module, env_settings(module), Path(), train)


def of_target(target: str, *, task: str | None, train: str | None) -> Evidence:
    """What a task, a run folder or FILE.py:NAME gives.

    Args:
        target: As the user named it.
        task: The task of a run folder.
        train: Import string of training data.

    Raises:
        ConfigError: There is no such thing; says what may be named.
        LangPropError: It can't be read.
    """
    path = Path(target)
    if (path / "checkpoint.json").is_file():
        return _of_run(path, task, train)
    if task is not None:
        raise ConfigError(f"--task goes with the folder of a run, but {target} is none.")
    return _of_task(target, train)


def _of_run(path: Path, task: str | None, train: str | None) -> Evidence:
    from langprop.trainer.loaded import load
    from langprop.trainer.run_dir import RunDir

    loaded = load(path)
    population = loaded.population
    policies = sorted(population.policies, key=lambda policy: policy.rank, reverse=True)
    best = population.best
    if best is not None:  # the champion of the validations may have left the ranking
        policies = [best, *(policy for policy in policies if policy.id != best.id)]
    if not policies:
        raise ConfigError(f"{path} holds no script yet; name the folder of the task instead.")
    for policy in policies:
        policy.decay(1.0)  # records aren't saved, only their sums, which are the past of this step
    if task is None:
        task = _kept(path)
    if task is None:
        kept = f"{path / FILE}" if (path / FILE).is_file() else "TARGET"
        note = (
            "samples and templates aren't kept with a run: name its task to see them (--task "
            f"{kept})"
        )
        made = Evidence(loaded, Prompts.default(), policies, notes=[note])
        made.asking, made.limits = _as_kept(RunDir(path).path)
        return made
    made = _of_task(task, train)
    if made.module.entry_point != loaded.entry_point:
        raise ConfigError(
            f"{RunDir(path).path} trained {loaded.entry_point!r}, but the task {task} trains "
            f"{made.module.entry_point!r}."
        )
    made.policies = policies
    made.asking, made.limits = _as_kept(RunDir(path).path)
    return made


def _as_kept(folder: Path) -> tuple[Asking, Limits]:
    """How a run asks, and what its scripts may use; as usual if that can't be read."""
    try:
        kept = read_mapping(folder / "config.yaml")
        return Asking.of(kept.get("optimizer")), _limits(kept.get("limits"))
    except ConfigError:  # the prompt is worth a look all the same
        return Asking(), Limits()


def _kept(path: Path) -> str | None:
    """The settings that a run keeps, where they name no code of the user's; else None."""
    if (path / driving_task.FILE).is_file():
        return str(path / driving_task.FILE)
    if (path / FILE).is_file() and read_mapping(path / FILE).get("env"):
        return str(path / FILE)
    return None


def _of_task(target: str, train: str | None) -> Evidence:
    settings: Mapping[str, Any] = {}
    base = Path()
    config = config_of(target)
    if config is not None:
        settings, base, target = read_mapping(config), config.parent, ""
    spec = target or settings.get("module")
    if not spec and isinstance(settings.get("env"), str):
        arguments = settings.get("env_args")
        module: Any = env_module(
            settings["env"], arguments if isinstance(arguments, Mapping) else None, base
        )
    elif not spec and _DRIVING & settings.keys():
        module = _driving(settings, base)
    elif isinstance(spec, str):
        module = load_object(spec, base)
    else:
        raise ConfigError(f"{config} names no module: write  module: FILE.py:NAME  or  env: ID")
    if not isinstance(module, Module):
        raise ConfigError(f"{spec} is a {type(module).__name__}, not a langprop Module.")
    return _of_settings(module, settings, base, train)


def _driving(settings: Mapping[str, Any], base: Path) -> Module:
    """The module of a training with `langprop driving fit`."""
    policy = settings.get("policy") or {}
    if not isinstance(policy, Mapping):
        raise ConfigError(f"policy must be settings such as  start: FILE.py,  but got {policy!r}.")
    try:
        return driving_task.driving_module(policy, settings.get("prompts") or None, base)
    except TypeError as error:
        raise ConfigError(f"the policy of the configuration doesn't fit: {error}") from error


def _of_settings(
    module: Module, settings: Mapping[str, Any], base: Path, train: str | None
) -> Evidence:
    module.check()
    named, where = (train, Path()) if train is not None else (settings.get("train"), base)
    data = None
    if isinstance(named, str):
        data = read_data(
            named,
            where,
            function=signature(module),
            label_column=settings.get("label_column"),
            ignore=columns(settings.get("ignore")),
        )
    notes = []
    driven = "frames" if (base / "frames").is_dir() else None  # what a run met, in its folder
    if data is None and _DRIVING & settings.keys() and (frames := settings.get("data") or driven):
        from langprop.driving.frames.dataset import Frames

        try:
            data = Frames(driving_task.found(str(frames), base))
        except LangPropError as error:  # templates can be looked at all the same
            notes.append(str(error))
    data = module.train_data() if data is None else data
    made = Evidence(module, module.prompts or Prompts.default(), data=data, notes=notes)
    made.asking = Asking.of(settings.get("optimizer"))
    if data is None:
        made.notes.append("no training data is known: no sample can be shown (--train)")
    else:
        made.data = as_dataset(data)
        args, kwargs, label = module.read(first_sample(made.data))
        module.example = Record(0, "ok", 0.0, args, kwargs, label=label)
    made.limits = _limits(settings.get("limits"))
    sources = list(module.seeds)
    origin = "the seed script" if sources else "the empty stub"
    if not sources:
        sources = [module.stub or f"def {module.entry_point}(*args, **kwargs):\n    pass\n"]
    made.policies = [Policy(script_of_text(each, module.entry_point, origin)) for each in sources]
    return made


def _limits(settings: Any) -> Limits:
    if not isinstance(settings, Mapping):
        return Limits()
    settings = settings.get("init_args", settings)
    try:
        return Limits(**settings)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"the limits of the configuration don't fit: {error}") from error


def _samples(data: Any, index: int | None) -> list[Any]:
    """Some of the first samples, or one."""
    if index is None:
        return list(next(iter(batches(data, N_SAMPLES))))[:N_SAMPLES]
    try:
        if hasattr(data, "__getitem__") and hasattr(data, "__len__") and not is_loader(data):
            return [data[index]]
        every = itertools.chain.from_iterable(batches(data, 64))
        return [next(itertools.islice(every, index, None))]
    except (IndexError, KeyError, StopIteration) as error:
        count = f": there are {len(data)}" if hasattr(data, "__len__") else ""
        raise ConfigError(f"there is no training sample {index}{count}.") from error
    except LangPropError:
        raise
    except Exception as error:  # the user's dataset
        raise DataError(
            f"training sample {index} can't be read: {type(error).__name__}: {error}"
        ) from error


def script_of_text(source: str, entry_point: str, origin: str) -> Script:
    """A script whose id is that of the text: nothing is parsed, since nobody knows who wrote it."""
    return Script(source, entry_point, origin=origin, id=text_id(source, entry_point))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} can't be read: {error}") from error


def _describe(policy: Policy) -> str:
    origin = policy.script.origin
    return origin if origin.startswith("the ") else f"{policy.id[:8]} ({origin or 'unknown'})"
