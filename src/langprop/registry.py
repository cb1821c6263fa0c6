"""Short names for objects: "openai:gpt-5-mini" is `OpenAILLM("gpt-5-mini")`, imported on first use.

One table of import strings for each kind of object. What stands behind the first colon is given to
the class as its first argument. A string with a dot and a colon, such as "mypackage.models:MyLLM",
names a class of the user's own.
"""

from __future__ import annotations

import difflib
import importlib
from typing import Any

from langprop.errors import MissingDependency, UnknownName

_TABLES: dict[str, dict[str, tuple[str, str]]] = {
    # kind → short name → (import string, extra that it needs or "")
    "llm": {
        "openai": ("langprop.llms.openai:OpenAILLM", "openai"),
        "replay": ("langprop.llms.replay:ReplayLLM", ""),
        "anthropic": ("langprop.llms.anthropic:AnthropicLLM", "anthropic"),
        "litellm": ("langprop.llms.litellm:LiteLLM", "litellm"),
        "command": ("langprop.llms.command:CommandLLM", ""),
        "exchange": ("langprop.llms.exchange:ExchangeLLM", ""),
    },
    "optimizer": {
        "mutation": ("langprop.optim.mutation:MutationOptimizer", ""),
        "llm": ("langprop.optim.llm:LLMOptimizer", ""),
        "best_of_n": ("langprop.optim.best_of_n:BestOfN", ""),
        "random": ("langprop.optim.random_search:RandomSearch", ""),
    },
    "executor": {
        "local": ("langprop.executors.local:LocalExecutor", ""),
        "inline": ("langprop.executors.inline:InlineExecutor", ""),
    },
    "selection": {
        "top_k": ("langprop.population.selection:top_k", ""),
        "tournament": ("langprop.population.rules.tournament:Tournament", ""),
        "pareto": ("langprop.population.rules.pareto:Pareto", ""),
        "confident": ("langprop.population.rules.confident:Confident", ""),
        "islands": ("langprop.population.rules.islands:Islands", ""),
        "novelty": ("langprop.population.rules.novelty:Novelty", ""),
        "archive": ("langprop.population.rules.archive:Archive", "qd"),
    },
    "logger": {
        "jsonl": ("langprop.loggers.jsonl:JSONLogger", ""),
        "mlflow": ("langprop.loggers.mlflow:MLflowLogger", "mlflow"),
        "tensorboard": ("langprop.loggers.tensorboard:TensorBoardLogger", "tensorboard"),
        "wandb": ("langprop.loggers.wandb:WandbLogger", "wandb"),
    },
    "callback": {},  # the classes of langprop.callbacks go by their own names
    "feedback": {
        "worst": ("langprop.optim.choice:worst", ""),
        "diverse": ("langprop.optim.choice:diverse", ""),
        "contrast": ("langprop.optim.choice:contrast", ""),
    },
}

_RULES = ("selection", "feedback")  # kinds whose names stand for functions


def names(kind: str) -> list[str]:
    """The short names of a kind."""
    return sorted(_TABLES[kind])


def import_string(kind: str, name: str) -> str:
    """What a short name stands for, as "package.module:Class".

    Raises:
        KeyError: There is no such name.
    """
    return _TABLES[kind][name][0]


def register(kind: str, name: str, target: str, *, extra: str = "") -> None:
    """Add a short name.

    Args:
        kind: "llm", "optimizer", "executor", "logger", "callback", "selection" or "feedback".
        name: The short name.
        target: "package.module:Class".
        extra: Extra of `langprop` that it needs, if any.
    """
    _TABLES.setdefault(kind, {})[name] = (target, extra)


def load(target: str, *, extra: str = "") -> Any:
    """Import what "package.module:name" stands for.

    Raises:
        UnknownName: There is no such module or name.
        MissingDependency: A package of the extra is not installed.
    """
    path, _, name = target.partition(":")
    try:
        found: Any = importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name and (path == error.name or path.startswith(error.name + ".")):
            raise UnknownName(f"there is no module {path!r} (in {target!r}).") from error
        if extra:
            raise MissingDependency(target, extra) from error
        raise
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise UnknownName(f"module {path!r} has no {name!r}.") from error
    return found


def resolve(kind: str, spec: str, **kwargs: Any) -> Any:
    """Make the object that a short name stands for.

    Args:
        kind: "llm", "optimizer", "executor", "logger", "callback"; "selection" or "feedback"
            (rules, which are not called).
        spec: "name", "name:argument" or "package.module:Class".
        kwargs: Keyword arguments of the class.

    Raises:
        UnknownName: The name is in no table; the message lists those that are.
        MissingDependency: The extra that it needs is not installed.
    """
    table = _TABLES[kind]
    name, colon, argument = spec.partition(":")
    if name in table:
        target, extra = table[name]
        found = load(target, extra=extra)
        if kind in _RULES:
            return found
        return found(argument, **kwargs) if colon else found(**kwargs)
    if colon and "." in name:
        found = load(spec)
        return found(**kwargs) if isinstance(found, type) else found
    near = difflib.get_close_matches(name, table, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UnknownName(
        f"there is no {kind} named {name!r}.{hint} Known: {', '.join(sorted(table))}; "
        f"or write 'package.module:Class' for one of your own."
    )
