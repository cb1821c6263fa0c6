"""Generate: a plan of streets becomes a network of SUMO and a road map in OpenDRIVE."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from langprop.driving.maps.towns.plan import Plan
from langprop.errors import MissingDependency, TownError

_OPTIONS = (
    *("--crossings.guess", "--walkingareas", "--no-turnarounds"),
    *("--tls.layout", "opposites", "--tls.green.time", "18"),
    *("--tls.yellow.time", "3", "--tls.allred.time", "2"),
    # By default a turn is a line of five points, too rough to follow.
    *("--junctions.internal-link-detail", "20", "--junctions.corner-detail", "8"),
    *("--precision", "3", "--no-warnings", "--xml-validation", "never"),
)

_TIME = 120  # [s] that netconvert may take; a town of 7 × 7 takes 1

_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_DATE = re.compile(r' date="[^"]*"')


@dataclass(frozen=True)
class Generated:
    """A town's files as text, without the date, so that the same seed gives the same bytes.

    Attributes:
        net: SUMO's network.
        opendrive: The road map in OpenDRIVE, as netconvert writes it.
    """

    net: str
    opendrive: str


def generate(seed: int, size: int = 5) -> Generated:
    """Make a town.

    Args:
        seed: The same seed gives the same town, with the same version of netconvert.
        size: Junctions in a column and in a row.

    Raises:
        MissingDependency: eclipse-sumo isn't installed.
        TownError: netconvert failed.
        ValueError: The size is too small.
    """
    plan = Plan.draw(seed, size)
    program = netconvert()
    with tempfile.TemporaryDirectory(prefix="langprop-town-") as name:
        folder = Path(name)
        (folder / "t.nod.xml").write_text(plan.nodes, encoding="utf-8")
        (folder / "t.edg.xml").write_text(plan.edges, encoding="utf-8")
        files = ("-n", "t.nod.xml", "-e", "t.edg.xml", "-o", "t.net.xml")
        more = ("--opendrive-output", "t.xodr", "--seed", str(seed))
        _call([str(program), *files, *more, *_OPTIONS], folder)
        net = (folder / "t.net.xml").read_text(encoding="utf-8")
        opendrive = (folder / "t.xodr").read_text(encoding="utf-8")
    return Generated(
        _COMMENT.sub("", net),
        _DATE.sub(' date=""', _COMMENT.sub("", opendrive), count=1),
    )


def netconvert() -> Path:
    """Where the program lies: in eclipse-sumo, or on the path of programs.

    Raises:
        MissingDependency: It isn't installed.
    """
    package = importlib.util.find_spec("sumo")
    for folder in (package and package.submodule_search_locations) or ():
        for name in ("netconvert", "netconvert.exe"):
            path = Path(folder) / "bin" / name
            if path.is_file():
                return path
    if found := shutil.which("netconvert"):
        return Path(found)
    raise MissingDependency("making towns (netconvert)", "towns")


def version() -> str:
    """The version of netconvert, such as "1.28.0"."""
    told = _call([str(netconvert()), "--version"], Path.cwd())
    found = re.search(r"\b(\d+(?:\.\d+)+)", told)
    return found[1] if found else "unknown"


def _call(command: list[str], folder: Path) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the program of eclipse-sumo, with our own arguments
            command, cwd=folder, check=False, capture_output=True, text=True, timeout=_TIME
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TownError(f"netconvert can't be run: {error}.") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-1_000:]
        raise TownError(f"netconvert failed (exit status {done.returncode}): {said}")
    return done.stdout
