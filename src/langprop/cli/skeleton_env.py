"""Env: a project that is made of a Gymnasium environment."""

from __future__ import annotations

import inspect
import re
from typing import Any

from langprop.cli.skeleton import Skeleton, function_name, identifier, quoted
from langprop.errors import MissingDependency

_MOST = 24
"""Components that become a parameter each."""

_ROW = re.compile(r"^\s*\|\s*(\d+)\s*\|\s*([^|]+?)\s*\|(.*)$", re.MULTILINE)
_ACTION = re.compile(r"^\s*-\s*`?(\d+)`?\s*:\s*(.+?)\s*$", re.MULTILINE)


def of_env(env: str, name: str | None = None) -> Skeleton:
    """A project that trains a policy for an environment.

    Where the environment's documentation names the components of an observation, the policy has a
    parameter for each; else it has one for the observation as it is.

    Args:
        env: Id of a registered environment.
        name: Of the function; by default "act".

    Raises:
        MissingDependency: Gymnasium isn't installed.
        ModuleError: There is no such environment, or it needs another package.
        ConfigError: The name is none of a function.
    """
    from langprop.rl.module import EnvModule

    function = function_name(name, "act")
    probe = EnvModule(env, "def probe(observation): ...", exception_score=0.0)
    text = _documentation(env)
    seen, done = probe.observation_space, probe.action_space
    components = _components(text, seen)
    actions = _actions(text, done)
    if components:
        taken: list[str] = [function]
        for label, _ in components:
            taken.append(identifier(_plain(label), taken, otherwise="component"))
        arguments = [f"{each}: float" for each in taken[1:]]
        parameters = [
            f"{each}: {quoted(label)}{quoted(about)}."
            for each, (label, about) in zip(taken[1:], components, strict=True)
        ]
    else:
        annotation = _annotation(seen)
        arguments = [f"observation: {annotation}" if annotation else "observation"]
        parameters = [f"observation: One of {quoted(_short(seen))}."]
    line = ", ".join(arguments)
    returns = _answer(done)
    skeleton = Skeleton("env", function, f"A policy for {quoted(env)}")
    skeleton.variables = {
        "env": env,
        "file": None,
        "arguments": line if len(line) <= 60 else "\n    " + ",\n    ".join(arguments) + ",\n",
        "parameters": parameters,
        "returns": returns,
        "actions": actions,
        "space": quoted(_short(done)),
        "numpy": "np.ndarray" in line,
        "literal_type": returns.startswith("Literal["),
        "shares": {},
        "placeholder": False,
    }
    return skeleton


def _documentation(env: str) -> str:
    """The docstring of the environment's class; "" if there is none."""
    try:
        import gymnasium
    except ModuleNotFoundError as error:  # pragma: no cover - EnvModule has said so
        raise MissingDependency("langprop init --env", "gym") from error
    made: Any = gymnasium.make(env, disable_env_checker=True)
    try:
        return inspect.cleandoc(type(made.unwrapped).__doc__ or "")
    finally:
        made.close()


def _components(text: str, space: Any) -> list[tuple[str, str]]:
    """Name and range of each component, from the table in the documentation; or none."""
    shape = getattr(space, "shape", None)
    if type(space).__name__ != "Box" or shape is None or len(shape) != 1 or shape[0] > _MOST:
        return []
    if shape[0] < 2:  # one parameter gets the observation as it is, an array
        return []
    rows = _table(_section(text, "Observation Space"))
    if [number for number, _ in rows] != list(range(shape[0])):
        return []
    pairs = zip(rows, space.low.tolist(), space.high.tolist(), strict=True)
    return [(label, f", from {low:g} to {high:g}") for (_, label), low, high in pairs]


def _actions(text: str, space: Any) -> list[str]:
    """What the actions mean, a line each, from the documentation; or none."""
    section = _section(text, "Action Space")
    count = int(getattr(space, "n", 0)) if type(space).__name__ == "Discrete" else 0
    listed = [(int(number), label) for number, label in _ACTION.findall(section)]
    found = listed or _table(section)
    whole = count or (space.shape[0] if getattr(space, "shape", None) else 0)
    if not found or [number for number, _ in found] != list(range(whole)):
        return []
    return [f"{number}: {quoted(_plain(label))}" for number, label in found]


def _section(text: str, title: str) -> str:
    found = re.search(rf"^#+ *{title}.*?$(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL | re.I)
    return found[1] if found else ""


def _table(section: str) -> list[tuple[int, str]]:
    return [(int(number), " ".join(label.split())) for number, label, _ in _ROW.findall(section)]


def _plain(label: str) -> str:
    """A label without marks of Markdown and HTML."""
    return re.sub(r"<[^>]*>|[`*$]", "", label).strip()


def _annotation(space: Any) -> str:
    name = type(space).__name__
    return {"Box": "np.ndarray", "Discrete": "int", "Tuple": "tuple", "Dict": "dict"}.get(name, "")


def _answer(space: Any) -> str:
    name = type(space).__name__
    if name == "Discrete":
        first, count = int(space.start), int(space.n)
        numbers = ", ".join(str(first + each) for each in range(count))
        return f"Literal[{numbers}]" if count <= 20 else "int"
    if name == "Box":
        return "float" if space.shape in ((), (1,)) else "list[float]"
    return ""


def _short(space: Any) -> str:
    text = " ".join(str(space).split())
    return text if len(text) <= 200 else text[:199] + "…"
