"""The examples of driving that are scripts do what they say."""

import functools
import subprocess
import sys
from pathlib import Path

import pytest

from langprop.driving.agents.drivers import Driver
from langprop.driving.frames.collect import Collection, collect
from langprop.driving.task import RouteTask
from langprop.testing.straight_road import StraightRoad

EXAMPLES = Path(__file__).parents[2] / "examples" / "driving"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """What the expert did on a straight road."""
    folder = tmp_path_factory.mktemp("data") / "expert"
    task = RouteTask("road/0", "straight", ("road",))
    road = functools.partial(StraightRoad, 32.0)
    collect(Collection([task], [0], Driver("expert"), simulator=road), folder, {})
    return folder


def confusion(*call):
    return subprocess.run(
        [sys.executable, str(EXAMPLES / "confusion.py"), *map(str, call)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_causal_confusion_is_shown_of_scripts_only(data):
    shown = confusion(data, "copycat", "follower")
    assert shown.returncode == 0, shown.stderr
    _, copycat, follower = shown.stdout.splitlines()
    assert copycat.split()[-2:] == ["STOP,", "MOVE"]
    assert follower.split()[-2:] == ["MOVE,", "MOVE"]
    refused = confusion(data, "copycat", "expert")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "the expert is no script" in refused.stderr
