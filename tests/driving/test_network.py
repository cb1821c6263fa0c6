import gzip
import lzma
from itertools import pairwise
from pathlib import Path

import pytest

from langprop.driving.maps.network import Network
from langprop.driving.maps.towns import Manifest, town
from langprop.errors import TownError

NET = """<?xml version="1.0" encoding="UTF-8"?>
<net version="1.20">
    <location netOffset="0,0" convBoundary="0,0,100,100" origBoundary="0,0,1,1"/>
    <edge id=":j_0" function="internal">
        <lane id=":j_0_0" index="0" disallow="pedestrian" speed="8" length="5" shape="50,2 54,4"/>
    </edge>
    <edge id=":j_1" function="internal">
        <lane id=":j_1_0" index="0" disallow="pedestrian" speed="8" length="5" shape="54,4 55,9"/>
    </edge>
    <edge id=":j_w0" function="walkingarea">
        <lane id=":j_w0_0" index="0" allow="pedestrian" speed="2" length="9"
              shape="50,0 52,0 52,2"/>
    </edge>
    <edge id=":j_c0" function="crossing">
        <lane id=":j_c0_0" index="0" allow="pedestrian" speed="2" length="9" shape="50,0 50,8"/>
    </edge>
    <edge id="in" from="i" to="j">
        <lane id="in_0" index="0" allow="pedestrian" speed="2" length="50" shape="0,-3 50,-3"/>
        <lane id="in_1" index="1" allow="bicycle" speed="8" length="50" shape="0,-1 50,-1"/>
        <lane id="in_2" index="2" disallow="pedestrian tram" speed="8" length="50" width="3.5"
              shape="0,2,7 50,2,7"/>
    </edge>
    <edge id="out" from="j" to="k">
        <lane id="out_0" index="0" speed="8" length="40" shape="55,9 55,49"/>
    </edge>
    <edge id="back" from="j" to="i">
        <lane id="back_0" index="0" allow="all" speed="8" length="50" shape="50,5 0,5"/>
    </edge>
    <edge id="rails" from="i" to="k">
        <lane id="rails_0" index="0" allow="tram" speed="8" length="50" shape="0,9 50,40"/>
    </edge>
    <junction id="j" type="traffic_light" x="52" y="5" shape="50,0 56,0 56,9 50,9"/>
    <junction id="i" type="dead_end" x="0" y="2"/>
    <junction id=":j_1_0" type="internal" x="54" y="4"/>
    <connection from="in" to="out" fromLane="2" toLane="0" via=":j_0_0" tl="j" linkIndex="3"
                dir="l" state="o"/>
    <connection from=":j_0" to="out" fromLane="0" toLane="0" via=":j_1_0" dir="l" state="m"/>
    <connection from=":j_1" to="out" fromLane="0" toLane="0" dir="l" state="M"/>
    <connection from="in" to="rails" fromLane="1" toLane="0" dir="s" state="M"/>
</net>
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "small.net.xml"
    path.write_text(NET)
    return path


def test_reads_lanes_in_the_frame_whose_y_points_south(path: Path) -> None:
    network = Network.read(path)
    lane = network.lanes["in_2"]
    assert lane.shape == ((0.0, -2.0), (50.0, -2.0))
    assert (lane.edge, lane.index, lane.length, lane.speed, lane.width) == ("in", 2, 50, 8, 3.5)
    assert network.lanes["out_0"].width == 3.2  # SUMO's default
    assert network.bounds == (0.0, -49.0, 55.0, 3.0)
    junction = network.junctions["j"]
    assert (junction.x, junction.y, junction.type) == (52, -5, "traffic_light")
    assert junction.shape[2] == (56, -9)
    assert network.junctions["i"].shape == ()
    assert ":j_1_0" not in network.junctions


def test_tells_lanes_apart_by_who_may_use_them(path: Path) -> None:
    network = Network.read(path)
    kinds = {name: lane.kind for name, lane in network.lanes.items()}
    assert kinds == {
        ":j_0_0": "junction",
        ":j_1_0": "junction",
        ":j_w0_0": "walking_area",
        ":j_c0_0": "crossing",
        "in_0": "sidewalk",
        "in_1": "other",
        "in_2": "road",
        "out_0": "road",
        "back_0": "road",
        "rails_0": "other",
    }
    assert network.edges["in"].lanes == ("in_2",)
    assert network.edges["in"].sidewalks == ("in_0",)
    assert "rails" not in network.edges


def test_links_lead_through_junctions(path: Path) -> None:
    network = Network.read(path)
    (link,) = network.links["in_2"]
    assert (link.light, link.index, link.direction, link.target) == ("j", 3, "l", "out_0")
    assert network.inside(link) == (":j_0_0", ":j_1_0")
    assert network.exits("in") == ("out",)
    assert network.exits("out") == ()
    assert network.opposite("in") == "back"
    assert network.opposite("out") == ""
    assert network.length("in") == 50


def test_reads_packed_files(path: Path) -> None:
    expected = Network.read(path)
    for suffix, pack in ((".gz", gzip.compress), (".xz", lzma.compress)):
        packed = path.with_name(f"small.net.xml{suffix}")
        packed.write_bytes(pack(NET.encode()))
        assert Network.read(packed).lanes == expected.lanes


NO_ROAD = (
    '<net><edge id="a" from="b" to="c"><lane id="a_0" index="0" allow="pedestrian" speed="1" '
    'length="9" shape="0,0 9,0"/></edge></net>'
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no XML"),
        (NET[:900], "no XML, or only a part"),
        ("<routes></routes>", "holds <routes> and no network"),
        ("<net></net>", r"^\S+ is an empty network: it holds no <edge> .*at least one road"),
        ('<net><edge id="a" from="b" to="c"/></net>', "is an empty network"),
        (
            NO_ROAD,
            r"^\S+ has no road for motor.*\(all lanes: 1; kinds: sidewalk\).*see the lanes' allow",
        ),
        (NET.replace('shape="0,2,7 50,2,7"', ""), "KeyError 'shape'"),
        (NET.replace('shape="0,2,7 50,2,7"', 'shape="0,2"'), "has no length"),
        (NET.replace('shape="0,2,7 50,2,7"', 'shape="0,2,7 1e300,2,7"'), "1e300 is farther away"),
        (NET.replace('shape="0,2,7 50,2,7"', 'shape="0,2 0,2"'), "lane in_2 has no length"),
        (NET.replace('length="40"', 'length="-5"'), "lane out_0 has no length"),
        (NET.replace('length="40"', 'length="0"'), "lane out_0 has no length"),
        (NET.replace('shape="0,2,7 50,2,7"', 'shape="0 50"'), "ValueError"),
        (NET.replace('shape="0,2,7 50,2,7"', 'shape="0,nan 1,1"'), "is no number"),
        (NET.replace('from="in" to="out"', 'from="gone" to="out"'), "KeyError 'gone_2'"),
        (NET.replace('via=":j_0_0"', 'via=":gone"'), "KeyError ':gone'"),
        (NET.replace('linkIndex="3"', ""), "KeyError 'linkIndex'"),
    ],
)
def test_a_damaged_file_is_told(path: Path, text: str, message: str) -> None:
    path.write_text(text)
    with pytest.raises(TownError, match=message) as caught:
        Network.read(path)
    assert str(path) in str(caught.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(TownError, match="there is no file"):
        Network.read(tmp_path / "gone.net.xml")
    with pytest.raises(TownError, match="can't be read"):
        Network.read(tmp_path)
    for suffix in (".gz", ".xz"):
        path = tmp_path / f"cut.net.xml{suffix}"
        path.write_bytes((gzip if suffix == ".gz" else lzma).compress(NET.encode())[:-20])
        with pytest.raises(TownError, match="can't be read"):
            Network.read(path)
        path.write_bytes(b"nonsense")
        with pytest.raises(TownError, match="can't be read"):
            Network.read(path)


@pytest.mark.parametrize("name", Manifest.read().towns)
def test_shipped_towns_have_no_dead_end(name: str) -> None:
    network = town(name).network
    reached, waiting = {min(network.edges)}, [min(network.edges)]
    while waiting:
        new = [edge for edge in network.exits(waiting.pop()) if edge not in reached]
        reached.update(new)
        waiting += new
    assert reached == set(network.edges)
    assert all(network.exits(edge) and network.opposite(edge) for edge in network.edges)
    assert all(edge.sidewalks for edge in network.edges.values())


def test_lanes_of_a_shipped_town_join_without_a_gap() -> None:
    network = town("town201").network
    for links in network.links.values():
        for link in links:
            if network.lanes[link.source].kind != "road":
                continue
            chain = (link.source, *network.inside(link), link.target)
            assert len(chain) > 2
            for here, there in pairwise(chain):
                end, start = network.lanes[here].shape[-1], network.lanes[there].shape[0]
                assert end == pytest.approx(start, abs=0.02), (here, there)
