"""Pictures: a run's curves, and its best policy at work."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from langprop.cli.again import Again
from langprop.cli.judging import add_sandbox, executor_of, limits_of
from langprop.errors import LangPropError
from langprop.trainer.curves import draw_curves

FOLDER = "plots"
"""Where pictures go, in the run's folder."""

FILM = "best.gif"


def draw_run(run: str, folder: str | None = None) -> list[Path]:
    """Draw what there is to be drawn, and say on standard error what can't be.

    An environment's policy is filmed, which imports the module that the run was begun with, and
    runs the best script isolated.

    Args:
        run: Its folder.
        folder: Where the pictures go; None for "plots" in the run's folder.

    Returns:
        The files.

    Raises:
        MissingDependency: Matplotlib isn't installed.
        CheckpointError: There is no run, or nothing to draw, or a file can't be written.
    """
    again = Again.of(run)
    place = again.folder.path / FOLDER if folder is None else Path(folder).expanduser()
    made = draw_curves(run, place)
    if again.fit is None:  # begun from Python: nobody knows the module
        return made
    try:
        film = _film(again, place / FILM)
    except (LangPropError, OSError) as error:
        print(f"langprop: no {FILM}: {error}", file=sys.stderr)
        return made
    return made if film is None else [*made, film]


def _film(again: Again, path: Path) -> Path | None:
    """An episode of the best policy; None if the run isn't of an environment."""
    from langprop.rl.module import EnvModule
    from langprop.rl.video import record_video

    module = again.module()
    if not isinstance(module, EnvModule) or module.best is None:
        return None
    options = argparse.ArgumentParser()
    add_sandbox(options)
    usual = options.parse_args([])
    with executor_of(usual, again) as executor:
        record_video(module, path, executor=executor, limits=limits_of(usual, again))
    return path
