"""Who else is on the road, as a file for SUMO."""

import itertools
from xml.etree import ElementTree

import pytest

from langprop.driving.maps.suites import suite
from langprop.driving.maps.towns import town
from langprop.driving.sumo.text_file import TextFile
from langprop.driving.sumo.traffic import route_file
from langprop.driving.task import Traffic


@pytest.fixture(scope="module")
def network():
    return town(suite("tiny")[0].town).network


def parsed(text):
    root = ElementTree.fromstring(text)
    return root.findall("vehicle"), root.findall("person")


def test_there_are_as_many_as_was_asked_for(network):
    vehicles, people = parsed(route_file(network, Traffic(30, 5, 20), 1, 100.0))
    kinds = [each.get("id").rstrip("0123456789") for each in vehicles]
    assert kinds.count("car") + kinds.count("van") == 30
    assert kinds.count("bicycle") == 5
    assert len(people) == 20
    names = [each.get("id") for each in (*vehicles, *people)]
    assert len(set(names)) == len(names)


def test_an_empty_town_stays_empty(network):
    assert parsed(route_file(network, Traffic(0, 0, 0), 1, 100.0)) == ([], [])


def test_it_follows_from_the_seed(network):
    first = route_file(network, Traffic(), "1 2", 100.0)
    assert route_file(network, Traffic(), "1 2", 100.0) == first
    assert route_file(network, Traffic(), "1 3", 100.0) != first


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_shares_are_what_was_asked_for(network, share):
    traffic = Traffic(60, 0, 40, aggressive=share, ignoring=share)
    vehicles, people = parsed(route_file(network, traffic, 1, 100.0))
    cars = {each.get("type") for each in vehicles if each.get("id").startswith("car")}
    assert cars == ({"hasty"} if share else {"car"})
    assert {each.get("type") for each in people} == ({"ignoring"} if share else {"pedestrian"})


def test_names_do_not_tell_who_is_hasty(network):
    vehicles, people = parsed(route_file(network, Traffic(), 1, 100.0))
    for each in (*vehicles, *people):
        assert "hasty" not in each.get("id")
        assert "ignoring" not in each.get("id")


def test_vehicles_drive_where_one_road_leads_to_the_next_for_as_long_as_the_drive(network):
    vehicles, _ = parsed(route_file(network, Traffic(), 1, 400.0))
    for each in vehicles:
        edges = each.find("route").get("edges").split()
        assert all(b in network.exits(a) for a, b in itertools.pairwise(edges))
        assert sum(map(network.length, edges)) > 9.0 * 400.0 or not network.exits(edges[-1])


def test_pedestrians_walk_between_sidewalks(network):
    _, people = parsed(route_file(network, Traffic(), 1, 400.0))
    for each in people:
        walks = each.findall("walk")
        assert walks
        for walk in walks:
            assert network.edges[walk.get("from")].sidewalks
            assert network.edges[walk.get("to")].sidewalks


def test_a_text_file_is_there_until_it_is_closed():
    file = TextFile("Straße\n" * 100_000)
    with open(file.path, encoding="utf-8") as read:  # noqa: PTH123 - as a library would
        assert read.read() == "Straße\n" * 100_000
    file.close()
    file.close()
    with pytest.raises(OSError, match="No such file"):
        open(file.path, encoding="utf-8").close()  # noqa: PTH123


def test_without_files_in_memory_it_is_a_temporary_one(monkeypatch, tmp_path):
    monkeypatch.delattr("os.memfd_create")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    file = TextFile("text")
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["text"]
    assert file.path == str(next(tmp_path.iterdir()))
    file.close()
    assert list(tmp_path.iterdir()) == []
