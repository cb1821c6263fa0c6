import json
from pathlib import Path

import pytest

from langprop.driving.maps.routing import plan_route
from langprop.driving.maps.suites import NAMES, suite, write
from langprop.driving.maps.towns import Manifest, town
from langprop.driving.maps.towns.build import RECIPES
from langprop.driving.task import Hazards, RouteTask, Traffic
from langprop.errors import TownError


@pytest.mark.parametrize("name", NAMES)
def test_a_suite_is_what_its_recipe_says(name: str) -> None:
    recipe = RECIPES[name]
    tasks = suite(name)
    assert len(tasks) == len(recipe.seeds) * recipe.routes
    assert {task.town for task in tasks} == {f"town{seed}" for seed in recipe.seeds}
    for task in tasks:
        route = plan_route(town(task.town).network, task)
        assert recipe.lengths[0] <= route.length <= recipe.lengths[1]
        kinds = [stop.kind for stop in route.stop_lines]
        assert len(kinds) >= recipe.controlled
        assert "light" in kinds
        assert task.traffic == recipe.traffic
        assert task.hazards == recipe.hazards


def test_suites_differ_in_towns_and_traffic() -> None:
    assert RECIPES.keys() == set(NAMES)
    seeds = [task.traffic_seed for name in NAMES for task in suite(name)]
    assert len(set(seeds)) == len(seeds)
    names = [task.name for name in NAMES for task in suite(name)]
    assert len(set(names)) == len(names)
    assert names[0] == "training/town101/1"
    training = {task.town for task in suite("training")}
    assert not training & {task.town for task in (*suite("testing"), *suite("long"))}
    assert suite("long")[0].traffic == Traffic(cars=100, pedestrians=90, aggressive=0.3)
    assert suite("long")[0].hazards == Hazards(0.6, 1.0)
    assert suite("testing")[0].traffic == Traffic()


def test_no_two_routes_of_a_town_are_alike() -> None:
    for name in NAMES:
        by_town: dict[str, list[RouteTask]] = {}
        for task in suite(name):
            by_town.setdefault(task.town, []).append(task)
        for tasks in by_town.values():
            assert len({task.edges[0] for task in tasks}) == len(tasks)


def test_a_suite_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "a.net.xml").write_bytes(Manifest.read().net("town102"))
    tasks = [
        RouteTask("one", "maps/a.net.xml", suite("training")[4].edges, Traffic(3, 0, 0), start=20),
        suite("tiny")[0],
    ]
    path = tmp_path / "mine.json"
    write(path, tasks)
    found = suite(str(path))
    assert found[1] == tasks[1]
    assert found[0].town == str(tmp_path / "maps" / "a.net.xml")
    assert (found[0].traffic, found[0].start) == (Traffic(3, 0, 0), 20)
    assert plan_route(town(found[0].town).network, found[0]).length > 300


def test_a_suite_that_is_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    for tasks in (suite("tiny")[:1], suite("tiny")):
        write(path, tasks)
        assert suite(str(path)) == tasks


TASK = {"name": "a", "town": "town101", "edges": ["n0_0-n0_1"]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "must hold a list of at least one task"),
        ({}, "must hold a list"),
        (None, "must hold a list"),
        ([3], "task 1 must be a mapping, but got 3"),
        ([{}], "task 1 has no 'edges'"),
        ([{"edges": ["a"]}], "task 1 can't be read: missing 2 required"),
        ([TASK, TASK], "two tasks named 'a'"),
        ([{**TASK, "edge": 1}], "unexpected keyword argument 'edge'"),
        ([{**TASK, "traffic": {"car": 1}}], "Traffic got an unexpected keyword argument 'car'"),
        ([{**TASK, "traffic": 7}], "traffic must be a mapping, but got 7"),
        ([{**TASK, "hazards": None}], "hazards must be a mapping, but got None"),
        ([{**TASK, "traffic": {"cars": 10**9}}], "cars must be at most 100,000"),
        ([{**TASK, "hazards": {"jaywalkers": 1e6}}], "jaywalkers must be at most 100"),
        ([{**TASK, "edges": "n0_0-n0_1"}], "edges must be a list"),
        ([{**TASK, "edges": []}], "edges must be a list"),
        ([{**TASK, "edges": [1]}], r"edges\[0\] must be a text, but got 1"),
        ([{**TASK, "edges": None}], "edges must be a list"),
        ([{**TASK, "name": None}], "name must be a text"),
        ([{**TASK, "town": 101}], "town must be a text"),
        ([{**TASK, "traffic": {"cars": -1}}], "cars must be at least 0"),
        ([{**TASK, "traffic": {"cars": 1.5}}], "cars must be a whole number"),
        ([{**TASK, "traffic": {"aggressive": 1.5}}], "aggressive must be from 0 to 1"),
        ([{**TASK, "hazards": {"jaywalkers": True}}], "jaywalkers must be a number"),
        ([{**TASK, "start": float("nan")}], "start must be at least 0"),
        ([{**TASK, "end": "12"}], "end must be a number"),
        ([{**TASK, "traffic_seed": 1.0}], "traffic_seed must be a whole number"),
    ],
)
def test_tasks_that_cannot_be_driven_are_told(tmp_path: Path, data: object, message: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(data))
    with pytest.raises(TownError, match=message) as caught:
        suite(str(path))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("test", "there is no suite 'test'. Did you mean 'testing'"),
        ("", "there is no suite ''"),
        ("nowhere/mine.json", "no such file"),
    ],
)
def test_an_unknown_suite_is_told(name: str, message: str) -> None:
    with pytest.raises(TownError, match=message):
        suite(name)


def test_towns_of_a_file_are_found_from_its_folder_and_from_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    path = tmp_path / "mine.json"
    towns = ["town101", "maps/a.net.xml", str(tmp_path / "b.net.xml"), "~/c.net.xml", "."]
    data = [{**TASK, "name": str(n), "town": town} for n, town in enumerate(towns)]
    path.write_text(json.dumps(data), encoding="utf-8-sig")  # as some editors do
    assert [task.town for task in suite(str(path))] == [
        "town101",
        str(tmp_path / "maps" / "a.net.xml"),
        str(tmp_path / "b.net.xml"),
        str(tmp_path / "home" / "c.net.xml"),
        str(tmp_path),
    ]


def test_a_file_that_holds_no_json_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    for content in (b"", b"{", b"\xff\xfe\x00", b"[" * 100_000):
        path.write_bytes(content)
        with pytest.raises(TownError, match="can't be read"):
            suite(str(path))
    path.unlink()
    path.mkdir()
    with pytest.raises(TownError, match="can't be read"):
        suite(str(path))
