"""Curves: a run's figures as pictures: scores, objectives, cost and failures along the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langprop.errors import CheckpointError, MissingDependency
from langprop.files import in_one_piece
from langprop.trainer.lines import is_validation
from langprop.trainer.run_dir import RunDir

_SIZE, _DPI = (7.0, 4.0), 120  # [inches], dots per inch
_LARGEST = 1e300  # what is beyond can't be drawn
_STATUSES = {
    "ok": "#59a14f",
    "bad_output": "#edc948",
    "exception": "#e15759",
    "timeout": "#b07aa1",
    "memory": "#9c755f",
    "crash": "#333333",
}

Points = list[tuple[float, float]]


def draw_curves(run: str | Path, folder: str | Path) -> list[Path]:
    """Draw the figures of a run; no screen is needed.

    Args:
        run: Its folder.
        folder: Where the pictures go; made if it isn't there. Pictures of the same names are
            replaced.

    Returns:
        The files: score.png (best, mean and validation, with a band of two standard errors); and
        where there is something to be seen, objectives.png, cost.png and records.png (how many
        records had which status).

    Raises:
        MissingDependency: Matplotlib isn't installed.
        CheckpointError: There is no run, or it has no figures yet, or a file can't be written.
    """
    lines = RunDir(run).metrics()
    steps = [line for line in lines if _number(line.get("train/best")) is not None]
    if not steps:
        what = "holds no figures of a step" if Path(run).is_dir() else "is no folder"
        raise CheckpointError(f"{run} {what}: there is nothing to draw yet.")
    try:
        import matplotlib.figure  # noqa: F401 - told here by the name of the extra
    except ModuleNotFoundError as error:
        raise MissingDependency("drawing curves", "gym") from error
    place = Path(folder)
    name = Path(run).resolve().name
    drawn = [_score(lines, steps, name), _objectives(lines, steps, name)]
    drawn += [_cost(steps, name), _records(steps, name)]
    made = []
    try:
        place.mkdir(parents=True, exist_ok=True)
        for figure, file in zip(drawn, ("score", "objectives", "cost", "records"), strict=True):
            if figure is not None:
                made.append(place / f"{file}.png")
                with in_one_piece(made[-1]) as draft:
                    figure.savefig(draft)
    except OSError as error:
        raise CheckpointError(
            f"{error.filename or place} can't be written: {error.strerror or error}."
        ) from error
    return made


def _score(lines: Sequence[dict[str, Any]], steps: Sequence[dict[str, Any]], name: str) -> Any:
    figure, axes = _figure(f"{name}: score", "evaluations", "score")
    _line(axes, _points(steps, "train/best"), "best in training", color="#4e79a7")
    _line(axes, _points(steps, "train/mean"), "mean of the policies", color="#a0cbe8")
    validated = [line for line in lines if is_validation(line)]
    points = _points(validated, "val/score")
    if points:
        at, scores = zip(*points, strict=True)
        known = dict(_points(validated, "val/stderr"))
        errors = [known.get(x, 0.0) for x in at]
        axes.plot(at, scores, "o-", label="validation of the best", color="#f28e2b", markersize=3)
        low = [score - 2 * error for score, error in zip(scores, errors, strict=True)]
        high = [score + 2 * error for score, error in zip(scores, errors, strict=True)]
        axes.fill_between(at, low, high, color="#f28e2b", alpha=0.2, linewidth=0)
    _second_axis(axes, steps)
    axes.legend(loc="best", fontsize="small")
    return figure


def _objectives(lines: Sequence[dict[str, Any]], steps: Sequence[dict[str, Any]], name: str) -> Any:
    own = _keys(steps, "train/best/")[:12]
    if not own:
        return None
    figure, axes = _figure(f"{name}: objectives of the best policy", "evaluations", "value")
    for place, key in enumerate(own):
        objective = key.removeprefix("train/best/")
        color = f"C{place % 10}"
        _line(axes, _points(steps, key), objective, color=color)
        validated = _points([line for line in lines if is_validation(line)], f"val/{objective}")
        _line(axes, validated, None, "o--", color=color)
    axes.legend(loc="best", fontsize="small", title="validation dashed", title_fontsize="x-small")
    return figure


def _cost(steps: Sequence[dict[str, Any]], name: str) -> Any:
    """Money over steps, or tokens where nothing is known of money."""
    for key, unit in (("cost/usd", "US dollars"), ("cost/tokens", "tokens")):
        points = _points(steps, key, "step")
        if points and points[-1][1] > 0:
            figure, axes = _figure(f"{name}: cost so far", "step", unit)
            _line(axes, points, None, color="#4e79a7")
            axes.set_ylim(bottom=0)
            return figure
    return None


def _records(steps: Sequence[dict[str, Any]], name: str) -> Any:
    keys = _keys(steps, "records/")
    if not keys:
        return None
    order = [key for key in (f"records/{status}" for status in _STATUSES) if key in keys]
    order += [key for key in keys if key not in order]
    figure, axes = _figure(f"{name}: records by status", "step", "records in a step")
    at = [_number(line.get("step")) or 0.0 for line in steps]
    heights = [[_number(line.get(key)) or 0.0 for line in steps] for key in order]
    colors = [_STATUSES.get(key.removeprefix("records/"), "#bab0ac") for key in order]
    labels = [key.removeprefix("records/") for key in order]
    if len(at) == 1:
        base = 0.0
        for (height,), color, label in zip(heights, colors, labels, strict=True):
            axes.bar(at, [height], bottom=base, color=color, label=label, width=0.5)
            base += height
    else:
        axes.stackplot(at, *heights, colors=colors, labels=labels, step="mid")
    axes.legend(loc="upper left", fontsize="small")
    return figure


def _figure(title: str, x: str, y: str) -> tuple[Any, Any]:
    """An empty figure; it belongs to no window, so that no screen is needed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    # Dollar signs would begin a formula.
    axes.set_title(title.replace("$", r"\$"), fontsize="medium")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    return figure, axes


def _line(axes: Any, points: Points, label: str | None, style: str = "-", **how: Any) -> None:
    if not points:
        return
    x, y = zip(*points, strict=True)
    name = None if label is None else label.replace("$", r"\$").lstrip("_") or "value"
    marks = {"marker": "."} if len(points) == 1 else {"markersize": 3}
    axes.plot(x, y, style, label=name, **{**marks, **how})


def _second_axis(axes: Any, steps: Sequence[dict[str, Any]]) -> None:
    """The numbers of some steps above, where they are on the axis of evaluations."""
    at = _points(steps, "step")
    if len(at) < 2:
        return
    above = axes.secondary_xaxis("top")
    chosen = at[:: max(1, len(at) // 6)]
    above.set_xticks([x for x, _ in chosen], [f"{step:.0f}" for _, step in chosen], fontsize=7)
    above.set_xlabel("step", fontsize=7)


def _points(lines: Sequence[dict[str, Any]], key: str, over: str = "evaluations") -> Points:
    found = [(_number(line.get(over)), _number(line.get(key))) for line in lines]
    return [(x, y) for x, y in found if x is not None and y is not None]


def _keys(lines: Sequence[dict[str, Any]], beginning: str) -> list[str]:
    return list(dict.fromkeys(key for line in lines for key in line if key.startswith(beginning)))


def _number(value: Any) -> float | None:
    """What can be drawn."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if -_LARGEST < value < _LARGEST else None
