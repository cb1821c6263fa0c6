"""Build: make towns and the suites on them, in a folder."""

from __future__ import annotations

import lzma
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from langprop.driving.maps import suites
from langprop.driving.maps.network import Network
from langprop.driving.maps.routing import random_edges
from langprop.driving.maps.towns.generate import generate, netconvert, version
from langprop.driving.maps.towns.manifest import Entry, Manifest, digest
from langprop.driving.task import Hazards, RouteTask, Traffic
from langprop.errors import TownError
from langprop.files import in_one_piece, write_text


@dataclass(frozen=True)
class Recipe:
    """How a suite is drawn.

    Attributes:
        seeds: Of its towns.
        routes: Number of routes in each town.
        lengths: Least and greatest length of a route [m].
        controlled: Least number of lights and stop signs on a route.
        size: Junctions in a column and in a row of a town.
        traffic: On each route.
        hazards: On each route.
        traffic_seed: Of the first route; the others count on.
    """

    seeds: Sequence[int]
    routes: int
    lengths: tuple[float, float] = (300.0, 500.0)
    controlled: int = 2
    size: int = 5
    traffic: Traffic = field(default_factory=Traffic)
    hazards: Hazards = field(default_factory=Hazards)
    traffic_seed: int = 0


RECIPES = {
    "training": Recipe(range(101, 107), routes=4, traffic_seed=1_000),
    "testing": Recipe(range(201, 205), routes=5, traffic_seed=2_000),
    "long": Recipe(
        range(301, 307),
        routes=6,
        lengths=(1_200.0, 1_700.0),
        controlled=4,
        size=7,
        traffic=Traffic(cars=100, bicycles=6, pedestrians=90, aggressive=0.3),
        hazards=Hazards(jaywalkers=0.6, braking_leaders=1.0),
        traffic_seed=3_000,
    ),
    "tiny": Recipe(
        (103,),
        routes=2,
        lengths=(200.0, 300.0),
        traffic=Traffic(cars=10, bicycles=2, pedestrians=10),
        traffic_seed=4_000,
    ),
}
"""How the suites that are shipped are drawn."""

SUITE = "suite.json"
"""File of the routes on towns of one's own."""

_OVERLAP = 0.5  # greatest share of a route's roads that another route of the town may have
_TRIES = 200


def build(folder: Path, tell: Callable[[str], None] | None = None) -> Manifest:
    """Make everything that is shipped: towns (packed), suites, and the manifest of both.

    Args:
        folder: Where to.
        tell: Is told what was made.

    Raises:
        MissingDependency: eclipse-sumo isn't installed.
        TownError: netconvert failed, or a town has too few routes.
        OSError: The folder can't be written to.
    """
    netconvert()  # before anything is written
    folder.mkdir(parents=True, exist_ok=True)
    entries: dict[str, Entry] = {}
    networks: dict[str, Network] = {}
    hashes: dict[str, str] = {}
    for name, recipe in RECIPES.items():
        for seed in recipe.seeds:
            town = f"town{seed}"
            if town in entries:
                continue
            made = generate(seed, recipe.size)
            net, opendrive = made.net.encode(), made.opendrive.encode()
            _pack(folder / f"{town}.net.xml.xz", net)
            _pack(folder / f"{town}.xodr.xz", opendrive)
            entries[town] = Entry(seed, recipe.size, digest(net), digest(opendrive))
            networks[town] = Network.read(folder / f"{town}.net.xml.xz")
            if tell is not None:
                tell(town)
        towns = {seed: networks[f"town{seed}"] for seed in recipe.seeds}
        tasks = draw(name, recipe, towns, [f"town{seed}" for seed in recipe.seeds])
        hashes[name] = digest(suites.write(folder / f"{name}.json", tasks))
        if tell is not None:
            tell(f"{name}.json")
    manifest = Manifest(folder, version(), entries, hashes)
    manifest.write()
    return manifest


def build_own(
    folder: Path,
    recipe: Recipe,
    tell: Callable[[str], None] | None = None,
    *,
    force: bool = False,
) -> Path:
    """Make towns of one's own, as plain files, and a suite on them.

    Args:
        folder: Where to.
        recipe: What to draw.
        tell: Is told what was made.
        force: Replace files that are there already.

    Returns:
        The suite's file. After an error the folder is as it was before.

    Raises:
        MissingDependency: eclipse-sumo isn't installed.
        TownError: netconvert failed, a town has too few routes, or a file is there already.
        OSError: The folder can't be written to.
    """
    ours = [SUITE, *(f"town{seed}{end}" for seed in recipe.seeds for end in (".net.xml", ".xodr"))]
    there = [name for name in ours if (folder / name).exists()]
    if there and not force:
        raise TownError(
            f"{folder} holds {', '.join(there[:5])} already; name another folder, or add --force "
            "to replace what is there."
        )
    netconvert()
    networks: dict[int, Network] = {}
    names = [f"town{seed}.net.xml" for seed in recipe.seeds]
    # All of it comes into being elsewhere first: what was there before goes only for something.
    with _made(folder), TemporaryDirectory(prefix=".making-", dir=folder) as name:
        drafts = Path(name)
        for seed in recipe.seeds:
            made = generate(seed, recipe.size)
            path = drafts / f"town{seed}.net.xml"
            write_text(path, made.net)
            write_text(drafts / f"town{seed}.xodr", made.opendrive)
            networks[seed] = Network.read(path)
            if tell is not None:
                tell(f"town{seed}")
        suites.write(drafts / SUITE, draw(folder.resolve().name, recipe, networks, names))
        for file in reversed(ours):  # the suite last
            (drafts / file).replace(folder / file)
    if tell is not None:
        tell(str(folder / SUITE))
    return folder / SUITE


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder, and take it away again if the block fails and nothing is in it."""
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        with suppress(OSError):
            for each in new:
                each.rmdir()
        raise


def draw(
    name: str, recipe: Recipe, networks: dict[int, Network], towns: Sequence[str]
) -> list[RouteTask]:
    """The routes of a suite: no two of a town begin on the same road, or share half of their roads.

    Args:
        name: Of the suite.
        recipe: How to draw it.
        networks: Of each seed.
        towns: What each town is called in the tasks.

    Raises:
        TownError: A town has too few such routes.
    """
    tasks: list[RouteTask] = []
    for seed, town in zip(recipe.seeds, towns, strict=True):
        rng = random.Random(f"{recipe.traffic_seed}/{seed}")  # noqa: S311 - routes are no secret
        chosen: list[tuple[str, ...]] = []
        for _ in range(_TRIES):
            if len(chosen) == recipe.routes:
                break
            edges = random_edges(networks[seed], rng, *recipe.lengths, controlled=recipe.controlled)
            if all(_differ(edges, other) for other in chosen):
                chosen.append(edges)
        if len(chosen) < recipe.routes:
            raise TownError(
                f"{town} has only {len(chosen)} of {recipe.routes} routes that differ; ask for "
                "fewer routes, or for larger towns."
            )
        for number, edges in enumerate(chosen, 1):
            task = RouteTask(
                name=f"{name}/{town.partition('.')[0]}/{number}",
                town=town,
                edges=edges,
                traffic=recipe.traffic,
                hazards=recipe.hazards,
                traffic_seed=recipe.traffic_seed + len(tasks),
            )
            tasks.append(task)
    return tasks


def _differ(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    shared = len(set(a) & set(b))
    return a[0] != b[0] and shared <= _OVERLAP * min(len(a), len(b))


def _pack(path: Path, data: bytes) -> None:
    with in_one_piece(path) as draft:
        draft.write_bytes(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))
