"""Suites: lists of routes on which policies are trained and compared."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from langprop.driving.maps.towns.manifest import FOLDER, Manifest
from langprop.driving.task import RouteTask
from langprop.errors import TownError
from langprop.files import write_text

NAMES = ("training", "testing", "long", "tiny")
"""The suites that are shipped."""

_MOST = 100_000  # of cars, and so on: what is more is a slip that takes all memory
_MOST_HAZARDS = 100  # of a kind in 100 m of a route: one for each metre


def suite(name: str) -> tuple[RouteTask, ...]:
    """The routes of a suite, in a fixed order.

    Args:
        name: "training" (24 routes of 300 to 500 m in six towns), "testing" (20 such routes in four
            other towns), "long" (36 routes of 1.2 to 1.7 km in six larger towns, with dense
            traffic) or "tiny" (two short ones, for trying things out); or the path of a JSON file
            that holds a list of tasks as `RouteTask.to_dict` writes them, where the paths of towns
            count from the file's folder.

    Raises:
        TownError: There is no such suite, its file is damaged, or holds no tasks.
    """
    if name in NAMES:
        return _shipped(name)
    path = Path(name).expanduser()
    if path.suffix != ".json":
        near = difflib.get_close_matches(name, NAMES, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise TownError(
            f"there is no suite {name!r}.{hint} There are {', '.join(NAMES)}; or write the path of "
            "a JSON file with tasks."
        )
    try:
        # Some editors begin files with a mark.
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise TownError(f"there is no suite {name!r}: no such file.") from error
    except (OSError, ValueError, RecursionError) as error:  # ValueError: no JSON, or no text
        raise TownError(f"the suite {path} can't be read: {error}.") from error
    return tasks(data, str(path), folder=path.parent)


@lru_cache(maxsize=len(NAMES))
def _shipped(name: str) -> tuple[RouteTask, ...]:
    return tasks(Manifest.read(FOLDER).suite(name), f"suite {name!r}")


def tasks(data: Any, where: str, *, folder: Path | None = None) -> tuple[RouteTask, ...]:
    """Tasks from JSON data.

    Args:
        data: A list of what `RouteTask.to_dict` writes.
        where: What it is, for messages.
        folder: From which the paths of towns count.

    Raises:
        TownError: It's something else.
    """
    if not isinstance(data, list) or not data:
        raise TownError(f"{where} must hold a list of at least one task, but got {_cut(data)}.")
    found = [_task(each, f"{where}, task {number}") for number, each in enumerate(data, 1)]
    names: set[str] = set()
    for task in found:
        if task.name in names:
            raise TownError(f"{where} has two tasks named {task.name!r}; names must be unique.")
        names.add(task.name)
    if folder is not None:
        found = [_placed(task, folder) for task in found]
    return tuple(found)


def check_routes(routes: Iterable[RouteTask]) -> None:
    """Find out whether routes can be driven before the first one is; some 10 ms each.

    Raises:
        TownError: A town or a route doesn't exist, or leads nowhere.
    """
    from langprop.driving.maps.routing import plan_route
    from langprop.driving.maps.towns import town

    for task in routes:
        plan_route(town(task.town).network, task)


def _task(data: Any, where: str) -> RouteTask:
    if not isinstance(data, Mapping):
        raise TownError(f"{where} must be a mapping, but got {_cut(data)}.")
    if not isinstance(data.get("edges", []), (list, tuple)):
        raise TownError(f"{where}: edges must be a list of names of roads, in order.")
    for name in ("traffic", "hazards"):
        if not isinstance(data.get(name, {}), Mapping):
            raise TownError(f"{where}: {name} must be a mapping, but got {_cut(data[name])}.")
    try:
        task = RouteTask.from_dict(data)
    except KeyError as error:
        raise TownError(f"{where} has no {error.args[0]!r}.") from error
    except (TypeError, ValueError) as error:
        raise TownError(f"{where} can't be read: {_said(error)}.") from error
    texts = {"name": task.name, "town": task.town}
    if not task.edges:
        raise TownError(f"{where}: edges must be a list of names of roads, in order.")
    texts.update((f"edges[{number}]", edge) for number, edge in enumerate(task.edges))
    for name, text in texts.items():
        if not isinstance(text, str) or not text:
            raise TownError(f"{where}: {name} must be a text, but got {_cut(text)}.")
    _check_numbers(task, where)
    return task


def _check_numbers(task: RouteTask, where: str) -> None:
    counts = ("cars", "bicycles", "pedestrians")
    shares = ("aggressive", "ignoring")
    rates = {**vars(task.hazards), "start": task.start, "end": task.end}
    for name, value in {**vars(task.traffic), **rates, "traffic_seed": task.traffic_seed}.items():
        whole = name in counts or name == "traffic_seed"
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            kind = "a whole number" if whole else "a number"
            raise TownError(f"{where}: {name} must be {kind}, but got {_cut(value)}.")
        if not (math.isfinite(value) and value >= 0) or (name in shares and value > 1):
            most = "from 0 to 1" if name in shares else "at least 0"
            raise TownError(f"{where}: {name} must be {most}, but got {value}.")
        limit = _MOST if name in counts else _MOST_HAZARDS if name in vars(task.hazards) else None
        if limit is not None and value > limit:
            raise TownError(f"{where}: {name} must be at most {limit:,}, but got {value}.")


def _placed(task: RouteTask, folder: Path) -> RouteTask:
    """With the path of its town as it is seen from here, if it's no shipped town."""
    if task.town in Manifest.read(FOLDER).towns:
        return task
    path = Path(task.town)
    if path.parts[:1] == ("~",):
        path = path.expanduser()
    return RouteTask.from_dict({**task.to_dict(), "town": str(folder / path)})


def write(path: Path, routes: Sequence[RouteTask]) -> bytes:
    """Write a suite as JSON, a task in a line.

    Returns:
        What was written.
    """
    lines = ",\n".join(json.dumps(task.to_dict(), ensure_ascii=False) for task in routes)
    text = f"[\n{lines}\n]\n"
    write_text(path, text)
    return text.encode()


def _said(error: Exception) -> str:
    return str(error).replace("RouteTask.__init__() ", "").replace(".__init__()", "")


def _cut(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
