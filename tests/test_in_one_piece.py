"""Files that come into being in one piece."""

import os
import stat

import pytest

from langprop.files import in_one_piece, write_text


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_text_is_written_as_it_is(tmp_path):
    path = tmp_path / "a.txt"
    for text in ("one\r\ntwo\n", "", "\u00e9 \ud800"):
        write_text(path, text)
        with path.open(encoding="utf-8", errors="surrogatepass", newline="") as file:
            assert file.read() == text
    assert names(tmp_path) == ["a.txt"]
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


def test_what_was_there_stays_until_the_end_and_if_that_is_not_reached(tmp_path):
    path = tmp_path / "a.gif"
    path.write_text("before")

    def break_off():
        with in_one_piece(path) as draft:
            draft.write_text("half")
            assert draft.suffix == ".gif"
            assert path.read_text() == "before"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert path.read_text() == "before"
    assert names(tmp_path) == ["a.gif"]
    with pytest.raises(FileNotFoundError), in_one_piece(path):
        pass  # nothing was written
    assert path.read_text() == "before"


def test_long_names_and_links_to_one_file(tmp_path):
    for name in ("x" * 250 + ".json", "\u7a0b" * 80 + ".json"):
        write_text(tmp_path / name, "1")
        assert (tmp_path / name).read_text() == "1"
        (tmp_path / name).unlink()
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    with in_one_piece(tmp_path / "b") as draft:
        draft.hardlink_to(tmp_path / "a")
    assert names(tmp_path) == ["a", "b"]


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_text(tmp_path / "none/a", "1")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_text(tmp_path / "folder", "1")
    assert names(tmp_path) == ["folder"]
