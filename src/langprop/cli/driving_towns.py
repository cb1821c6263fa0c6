"""`langprop driving towns`: list the towns and suites, check them, make your own."""

from __future__ import annotations

import argparse
import dataclasses
import shlex
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from langprop.driving.maps.network import Network
from langprop.driving.maps.routing import plan_route
from langprop.driving.maps.suites import suite
from langprop.driving.maps.towns import Manifest, Town, town
from langprop.driving.maps.towns.build import RECIPES, Recipe, build, build_own
from langprop.errors import TownError

_MOST = 30  # junctions in a row; netconvert takes a minute for them


def run(argv: Sequence[str]) -> int:
    """List, check or make towns.

    Returns:
        0; 1 if a file isn't what it should be.
    """
    given = _parser().parse_args(list(argv))
    if given.check and (given.seeds or given.folder):
        raise TownError("--check makes what is shipped anew and compares: give it alone.")
    if given.seeds and given.folder is None:
        raise TownError("where shall the towns go? Add  --folder FOLDER.")
    try:
        if given.check:
            return _check()
        if given.folder is None:
            return _list()
        folder = Path(given.folder).expanduser()
        if given.seeds:
            _own(folder, given)
        else:
            build(folder, _tell)
    except OSError as error:
        where = error.filename or given.folder or tempfile.gettempdir()
        raise TownError(f"{where} can't be written to: {error.strerror or error}.") from error
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="langprop driving towns",
        description="List the towns and suites that are shipped, and check their hashes. With "
        "--seeds and --folder, make towns of your own and a suite of routes on them; this needs "
        "the extra 'towns'.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--seeds",
        type=_from(0, 2**31 - 1),
        nargs="+",
        metavar="SEED",
        help="make a town from each; the same seed gives the same town",
    )
    parser.add_argument(
        "--folder",
        help="where to; without --seeds, all that is shipped is made there, packed, with a "
        "manifest of hashes",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="make all that is shipped anew, and compare it with what is shipped",
    )
    parser.add_argument(
        "--size",
        type=_from(3, _MOST),
        default=5,
        metavar="N",
        help="junctions in a column and in a row of a town, by default 5",
    )
    parser.add_argument(
        "--routes",
        type=_from(1, 1_000),
        default=4,
        metavar="N",
        help="routes in each town, by default 4",
    )
    parser.add_argument(
        "--lengths",
        type=_from(50, 100_000),
        nargs=2,
        default=(300, 500),
        metavar=("MIN", "MAX"),
        help="lengths of the routes in metres, by default 300 500",
    )
    parser.add_argument("--force", action="store_true", help="replace files that are there already")
    return parser


def _from(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number within bounds, for argparse."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(
                f"must be a whole number from {low:,} to {high:,}, but got {text}"
            )
        return number

    return read


def _tell(what: str) -> None:
    print(f"made {what}", flush=True)


def _own(folder: Path, given: argparse.Namespace) -> None:
    low, high = sorted(given.lengths)
    seeds = sorted(set(given.seeds))
    recipe = Recipe(
        seeds,
        routes=given.routes,
        lengths=(float(low), float(high)),
        size=given.size,
        traffic_seed=5_000 + 10 * seeds[0],
    )
    file = build_own(folder, recipe, _tell, force=given.force)
    print(f"\nDrive there with  --suite {shlex.quote(str(file))}")


def _check() -> int:
    """Make everything anew and compare hashes."""
    shipped = Manifest.read()
    with tempfile.TemporaryDirectory(prefix="langprop-towns-") as name:
        made = build(Path(name), _tell)
    before = {each: dataclasses.asdict(entry) for each, entry in shipped.towns.items()}
    after = {each: dataclasses.asdict(entry) for each, entry in made.towns.items()}
    before["suites"], after["suites"] = dict(shipped.suites), dict(made.suites)
    different = sorted(
        f"{each}: {key}"
        for each in before.keys() | after.keys()
        for key in before.get(each, {}).keys() | after.get(each, {}).keys()
        if before.get(each, {}).get(key) != after.get(each, {}).get(key)
    )
    if not different:
        print("\nall the same as what is shipped")
        return 0
    print("\ndifferent from what is shipped:")
    for line in different:
        print(f"  {line}")
    if made.netconvert != shipped.netconvert:
        print(
            f"What is shipped was made with netconvert {shipped.netconvert}, this with "
            f"{made.netconvert}. For the same:  pip install eclipse-sumo=={shipped.netconvert}"
        )
    return 1


def _list() -> int:
    manifest = Manifest.read()
    good = True
    print(f"{'town':8} {'size':>5} {'lights':>6} {'stops':>5} {'km':>5} {'crossings':>9}  hashes")
    for name, entry in manifest.towns.items():
        here = town(name)
        problem = _problem(here)
        good = good and not problem
        size = f"{entry.size}x{entry.size}"
        print(f"{name:8} {size:>5} {problem or _counts(here.network) + '  right'}")
    print(f"\n{'suite':8} {'routes':>6} {'towns':>5} {'length, m':>13} {'lights':>6} {'stops':>5}")
    for name in RECIPES:
        try:
            print(_suite(name))
        except TownError as error:
            good = False
            print(f"{name:8} {error}")
    if not good:
        print("\nSome files aren't what they should be.")
    return 0 if good else 1


def _problem(here: Town) -> str:
    """What is wrong with a town's files; "" if nothing is."""
    try:
        _ = here.network, here.opendrive
    except TownError as error:
        return str(error)
    return ""


def _counts(network: Network) -> str:
    kinds = [junction.type for junction in network.junctions.values()]
    lights = kinds.count("traffic_light")
    stops = kinds.count("allway_stop") + kinds.count("priority_stop")
    metres = sum(network.length(edge) for edge in network.edges)
    crossings = sum(lane.kind == "crossing" for lane in network.lanes.values())
    return f"{lights:>6} {stops:>5} {metres / 1e3:>5.1f} {crossings:>9}"


def _suite(name: str) -> str:
    tasks = suite(name)
    routes = [plan_route(town(task.town).network, task) for task in tasks]
    lengths = [route.length for route in routes]
    kinds = [stop.kind for route in routes for stop in route.stop_lines]
    towns = len({task.town for task in tasks})
    spread = f"{min(lengths):,.0f} – {max(lengths):,.0f}"
    counts = f"{kinds.count('light'):>6} {kinds.count('stop'):>5}"
    return f"{name:8} {len(tasks):>6} {towns:>5} {spread:>13} {counts}"
