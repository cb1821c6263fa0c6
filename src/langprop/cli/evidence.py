"""Evidence: what a prompt is rendered of, on the command line: a module, scripts and records."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langprop.cli.target import config_of, load_object
from langprop.data.batches import as_dataset, batches, first_sample, is_loader
from langprop.errors import ConfigError, DataError, IsolationError, LangPropError, ModuleError
from langprop.evaluation import Batch, evaluate
from langprop.modules.module import Module
from langprop.population.policy import Policy
from langprop.population.record import Record
from langprop.prompts.prompts import NAMES, Prompts
from langprop.prompts.template import ENGINES
from langprop.sandbox.limits import Limits
from langprop.scripts.parsing import text_id
from langprop.scripts.script import Script

N_SAMPLES = 8
"""Training samples on which a script is judged, to have something to show."""

_EXAMPLE = {
    "status": "exception",
    "args": (0,),
    "label": 0,
    "exception": 'File "<script>", line 3, in double\n    return 4 * value // value // 2\n'
    "ZeroDivisionError: integer division or modulo by zero",
    "printed": "value is 0\n",
    "stub": 'def double(value: int) -> int:\n    """Return twice the number."""\n',
    "code": "def double(value: int) -> int:\n"
    "    print('value is', value)\n    return 4 * value // value // 2\n",
}
"""Variables for templates that are shown without any: a function with an error."""

_OF_RECORD = ("args", "kwargs", "outputs", "label", "exception", "printed", "feedback", "score")


@dataclass
class Evidence:
    """What a prompt is rendered of.

    Attributes:
        module: The module.
        prompts: Its templates.
        policies: Scripts to choose from, best first.
        data: Training data, if there is any.
        limits: What a script may use while it is judged.
        notes: What the user should know of how this came about.
    """

    module: Module
    prompts: Prompts
    policies: list[Policy] = field(default_factory=list)
    data: Any = None
    limits: Limits = field(default_factory=Limits)
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
            return Policy(_script(_read(path), self.module.entry_point, beginning))
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


def is_template_folder(path: Path) -> bool:
    """Whether a folder holds templates, and nothing that can be trained or was."""
    if not path.is_dir() or any((path / name).is_file() for name in RUNNABLE):
        return False
    return any((path / (name + suffix)).is_file() for name in NAMES for suffix in ENGINES)


RUNNABLE = ("config.yaml", "checkpoint.json")
"""Files that make a folder one of a task or of a run."""


def of_templates(folder: Path, given: Mapping[str, Any]) -> Evidence:
    """What a folder of templates gives, with variables of the user's or a small example.

    Raises:
        TemplateError: A template can't be read or isn't valid.
        ConfigError: The variables don't fit together.
    """
    own = any(name in given for name in (*_OF_RECORD, "function_name", "code", "stub"))
    status = "exception" if given.get("exception") else "ok"
    usual: Mapping[str, Any] = {"status": status, "stub": "", "code": ""} if own else _EXAMPLE
    known = {"function_name": "double", **usual, **given}
    name = str(known["function_name"])
    module = _Shown(name, str(known["stub"]))
    policy = Policy(_script(str(known["code"]), name, "the example"))
    policy.tell([_record(known)])
    module.example = policy.records[0]
    notes = [] if own else ["the variables are an example; give your own with --sample"]
    return Evidence(module, Prompts.load(folder), [policy], notes=notes)


class _Shown(Module):
    """Stands for the module of which only templates are known."""

    def __init__(self, entry_point: str, stub: str) -> None:
        self.entry_point, self.stub = entry_point, stub
        super().__init__()


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


def _of_run(path: Path, task: str | None, train: str | None) -> Evidence:
    from langprop.trainer.run_dir import RunDir, load

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
        note = "the samples of a run aren't kept: name its task to see some (--task TARGET)"
        return Evidence(loaded, Prompts.default(), policies, notes=[note])
    made = _of_task(task, train)
    if made.module.entry_point != loaded.entry_point:
        raise ConfigError(
            f"{RunDir(path).path} trained {loaded.entry_point!r}, but the task {task} trains "
            f"{made.module.entry_point!r}."
        )
    made.policies = policies
    return made


def _of_task(target: str, train: str | None) -> Evidence:
    settings: Mapping[str, Any] = {}
    base = Path()
    config = config_of(target)
    if config is not None:
        settings, base, target = _settings(config), config.parent, ""
    spec = target or settings.get("module")
    if not isinstance(spec, str):
        raise ConfigError(f"{config} names no module: write  module: FILE.py:NAME")
    module = load_object(spec, base)
    if not isinstance(module, Module):
        raise ConfigError(f"{spec} is a {type(module).__name__}, not a langprop Module.")
    module.check()
    data = None
    if train is not None:
        data = load_object(train, Path())
    elif isinstance(settings.get("train"), str):
        data = load_object(settings["train"], base)
    data = module.train_data() if data is None else data
    made = Evidence(module, module.prompts or Prompts.default(), data=data)
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
    made.policies = [Policy(_script(each, module.entry_point, origin)) for each in sources]
    return made


def _settings(config: Path) -> Mapping[str, Any]:
    import yaml

    try:
        settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{config} can't be read: {error}") from error
    if not isinstance(settings, Mapping):
        raise ConfigError(f"{config} holds no settings: write  module: FILE.py:NAME")
    return settings


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


def _script(source: str, entry_point: str, origin: str) -> Script:
    # The id is that of the text, so that nothing is parsed here: nobody knows who wrote it.
    return Script(source, entry_point, origin=origin, id=text_id(source, entry_point))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} can't be read: {error}") from error


def _describe(policy: Policy) -> str:
    origin = policy.script.origin
    return origin if origin.startswith("the ") else f"{policy.id[:8]} ({origin or 'unknown'})"
