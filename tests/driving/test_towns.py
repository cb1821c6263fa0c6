import hashlib
import json
import lzma
import os
import shutil
import sys
from pathlib import Path

import pytest

from langprop.cli.driving import run
from langprop.driving.maps.network import Network
from langprop.driving.maps.routing import plan_route
from langprop.driving.maps.suites import suite
from langprop.driving.maps.towns import Manifest, town
from langprop.driving.maps.towns.manifest import FOLDER
from langprop.driving.maps.towns.plan import Plan
from langprop.errors import MissingDependency, TownError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "langprop" / "towns"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder like the one that is shipped, with one town."""
    folder = tmp_path / "maps"
    folder.mkdir()
    entry = vars(Manifest.read().towns["town102"])
    data = {"netconvert": "1", "towns": {"town102": entry}, "suites": {}}
    (folder / "manifest.json").write_text(json.dumps(data))
    for name in ("town102.net.xml.xz", "town102.xodr.xz"):
        shutil.copy(FOLDER / name, folder)
    return folder


@pytest.mark.parametrize("name", Manifest.read().towns)
def test_shipped_files_are_what_the_manifest_says(name: str) -> None:
    manifest = Manifest.read()
    assert manifest.net(name).startswith(b"<?xml")
    assert b"<OpenDRIVE>" in manifest.opendrive(name)[:200]


def test_shipped_files_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 2_000_000


def test_a_shipped_town_has_all_that_simulators_ask_for() -> None:
    here = town("town105")
    assert here is town("town105")
    assert here.network is town("town105").network
    assert here.net_file.read_bytes() == Manifest.read().net("town105")
    assert here.net_file.name.endswith(".net.xml")
    assert here.opendrive.count("<road ") > 100
    lane = here.network.lanes[here.network.edges["n1_1-n1_2"].lanes[0]]
    (ax, ay), (bx, by) = lane.shape[:2]
    assert here.lanes.fix((ax + bx) / 2, (ay + by) / 2).lane == lane.id


def test_what_is_unpacked_stays_and_is_looked_at_again(folder: Path, cache: Path) -> None:
    path = folder / "town102.net.xml.xz"
    kept = town(str(path)).net_file
    assert kept.parent == cache
    before = kept.stat().st_mtime_ns
    os.utime(path)  # so that the town is read again
    assert town(str(path)).net_file == kept
    assert kept.stat().st_mtime_ns == before
    kept.write_bytes(kept.read_bytes()[:1000])  # by a full disk, say
    os.utime(path)
    assert len(town(str(path)).network.edges) == 70
    assert [each.name for each in cache.iterdir()] == [kept.name]


@pytest.mark.parametrize("home", ["/proc/nowhere", ""])
def test_unpacks_elsewhere_where_the_cache_cannot_be_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", home)
    monkeypatch.setenv("HOME", "/proc/nowhere")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    kept = town(str(folder / "town102.net.xml.xz")).net_file
    assert kept.is_relative_to(tmp_path / "temporary")


def test_nowhere_to_unpack_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    monkeypatch.setattr("tempfile.tempdir", "/proc/nowhere/else")
    with pytest.raises(TownError, match=r"nowhere to unpack .* XDG_CACHE_HOME or TMPDIR"):
        _ = town(str(folder / "town102.net.xml.xz")).net_file


@pytest.mark.parametrize("file", ["town102.net.xml.xz", "town102.xodr.xz"])
@pytest.mark.parametrize("damage", ["cut", "other", "nonsense", "gone"])
def test_a_damaged_file_is_told_with_how_to_mend_it(folder: Path, file: str, damage: str) -> None:
    path = folder / file
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "other":
        path.write_bytes(lzma.compress(lzma.decompress(path.read_bytes()) + b"\n"))
    elif damage == "nonsense":
        path.write_bytes(b"x" * 100)
    else:
        path.unlink()
        if "net" in file:
            with pytest.raises(TownError, match="there is no town"):
                town(str(path))
            return
    here = town(str(folder / "town102.net.xml.xz"))
    with pytest.raises(TownError, match="pip install --force-reinstall langprop") as caught:
        _ = here.network if "net" in file else here.opendrive
    assert str(path) in str(caught.value)
    if damage == "other":
        assert "isn't what it was" in str(caught.value)


def test_a_damaged_manifest_is_told(folder: Path) -> None:
    for text in ("", "{}", "[]", '{"towns": {"a": {}}, "netconvert": "1", "suites": {}}'):
        (folder / "manifest.json").write_text(text)
        with pytest.raises(TownError, match=r"the manifest .* can't be read"):
            Manifest.read(folder)


def test_towns_of_ones_own_need_no_manifest(tmp_path: Path) -> None:
    net = Manifest.read().net("town102")
    for name, data in (("a.net.xml", net), ("b.net.xml.xz", lzma.compress(net))):
        (tmp_path / name).write_bytes(data)
        assert len(town(str(tmp_path / name)).network.edges) == 70
    here = town(str(tmp_path / "a.net.xml"))
    assert here.net_file == tmp_path / "a.net.xml"
    with pytest.raises(TownError, match=r"Make it:  netconvert -s .*a.net.xml --opendrive-output"):
        _ = here.opendrive
    (tmp_path / "a.xodr").write_text("<OpenDRIVE/>")
    assert town(str(tmp_path / "a.net.xml")).opendrive == "<OpenDRIVE/>"


def test_a_town_that_is_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.net.xml"
    path.write_bytes(Manifest.read().net("town102"))
    before = town(str(path))
    assert town(str(path)) is before
    path.write_bytes(Manifest.read().net("town103"))
    os.utime(path, ns=(1, 1))
    assert len(town(str(path)).network.edges) == 72


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("town110", r"there is no town 'town110'. Did you mean 'town10\d'\? There are town101, "),
        ("", "there is no town ''"),
        ("Town01", "or write the path of a network of SUMO"),
        ("nowhere/mine.net.xml", r"there is no town 'nowhere/mine.net.xml': No such file"),
        ("a\0b.net.xml", "there is no town"),
    ],
)
def test_an_unknown_town_is_told(name: str, message: str) -> None:
    with pytest.raises(TownError, match=message):
        town(name)


def test_a_plan_is_the_same_for_the_same_seed() -> None:
    assert Plan.draw(7) == Plan.draw(7)
    assert Plan.draw(7) != Plan.draw(8)
    plan = Plan.draw(101)
    text = (plan.nodes + plan.edges).encode()
    # Written down, so that another version of Python can't change the towns unnoticed.
    assert hashlib.sha256(text).hexdigest()[:16] == "d848f01302dfaa08"
    with pytest.raises(ValueError, match="at least 3"):
        Plan.draw(1, 2)


def test_lists_towns_and_suites(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["towns"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("town") and line.endswith("right") for line in lines) == 16
    assert [line.split()[:3] for line in lines[-4:]] == [
        ["training", "24", "6"],
        ["testing", "20", "4"],
        ["long", "36", "6"],
        ["tiny", "2", "1"],
    ]


def test_makes_towns_and_routes_of_ones_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("sumo")
    folder = tmp_path / "my own" / "maps"
    arguments = ["towns", "--seeds", "7", "--folder", str(folder), "--size", "4", "--routes", "2"]
    assert run(arguments) == 0
    assert f"--suite '{folder / 'suite.json'}'" in capsys.readouterr().out
    routes = suite(str(folder / "suite.json"))
    assert [task.name for task in routes] == ["maps/town7/1", "maps/town7/2"]
    for task in routes:
        assert 300 <= plan_route(town(task.town).network, task).length <= 500
        assert "<OpenDRIVE>" in town(task.town).opendrive
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(TownError, match="already; name another folder, or add --force"):
        run(arguments)
    assert run([*arguments, "--force"]) == 0
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(TownError, match="no route of 50 to 55 m with 2 controlled junctions"):
        run([*arguments, "--seeds", "7", "8", "--lengths", "50", "55", "--force"])
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("there", [True, False])
def test_towns_that_cant_be_made_leave_nothing_behind(there: bool, tmp_path: Path) -> None:
    pytest.importorskip("sumo")
    folder = tmp_path / "my" / "maps"
    if there:
        folder.mkdir(parents=True)
        (folder / "notes.txt").write_text("mine")
    arguments = ["--size", "3", "--lengths", "50", "55", "--folder", str(folder)]
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(TownError, match="no route of 50 to 55 m"):
        run(["towns", "--seeds", "7", "8", *arguments])
    assert sorted(tmp_path.rglob("*")) == before


def test_shipped_towns_can_be_made_anew() -> None:
    pytest.importorskip("sumo")
    from langprop.driving.maps.towns.generate import generate, version

    manifest = Manifest.read()
    if version() != manifest.netconvert:
        pytest.skip(f"netconvert is {version()}, and not {manifest.netconvert}")
    for name in ("town105", "town304"):
        entry = manifest.towns[name]
        made = generate(entry.seed, entry.size)
        assert hashlib.sha256(made.net.encode()).hexdigest() == entry.net
        assert hashlib.sha256(made.opendrive.encode()).hexdigest() == entry.opendrive


@pytest.mark.slow
def test_everything_that_is_shipped_can_be_made_anew(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sumo")
    assert run(["towns", "--check"]) == 0
    assert "all the same as what is shipped" in capsys.readouterr().out


def test_without_netconvert_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sumo", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    for arguments in (["--seeds", "7", "--folder", str(tmp_path / "maps")], ["--check"]):
        with pytest.raises(MissingDependency, match=r"pip install 'langprop\[towns\]'"):
            run(["towns", *arguments])
    assert not (tmp_path / "maps").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "7"], "Add  --folder FOLDER"),
        (["--check", "--folder", "x"], "give it alone"),
        (["--seeds", "7", "--folder", "/proc/nowhere/maps"], "can't be written to"),
    ],
)
def test_a_wrong_call_is_told(arguments: list[str], message: str) -> None:
    with pytest.raises(TownError, match=message):
        run(["towns", *arguments])


@pytest.mark.parametrize(
    "arguments",
    [["--seeds", "x"], ["--seeds", "-1"], ["--size", "2"], ["--size", "1000"], ["--unknown"]],
)
def test_a_wrong_option_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(["towns", *arguments])
    assert caught.value.code == 2
    assert "langprop driving towns: error:" in capsys.readouterr().err


def test_an_unknown_command_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tows"]) == 2
    assert "there is no command 'tows'; there are towns, " in capsys.readouterr().err
    assert run([]) == 0
    assert "langprop driving COMMAND" in capsys.readouterr().out


def test_reading_a_town_loads_no_simulator() -> None:
    import subprocess

    code = (
        "import sys; from langprop.driving.maps.towns import town; town('town101').network; "
        "print([name for name in ('libsumo', 'sumo', 'shapely', 'carla') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
    assert Network.read(town("town101").net_file).edges
