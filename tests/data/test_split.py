"""Parts of a data set."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.data.files import read_data
from langprop.data.split import split
from langprop.errors import DataError


@given(
    st.integers(1, 200),
    st.lists(st.floats(0.01, 10), min_size=1, max_size=5),
    st.integers(0, 5),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_every_sample_is_in_one_part_and_no_part_is_empty(count, shares, seed, shuffle):
    named = {str(number): share for number, share in enumerate(shares)}
    data = list(range(count))
    if count < len(shares):
        with pytest.raises(DataError, match="can't be split"):
            split(data, named, seed=seed, shuffle=shuffle)
        return
    parts = split(data, named, seed=seed, shuffle=shuffle)
    assert list(parts) == list(named)
    assert all(len(part) for part in parts.values())
    assert sorted(sample for part in parts.values() for sample in part) == data
    again = split(data, named, seed=seed, shuffle=shuffle)
    assert [list(part) for part in again.values()] == [list(part) for part in parts.values()]


def test_the_parts_are_these_on_any_machine():
    parts = split("abcdefghij", {"train": 0.6, "val": 0.2, "test": 0.2}, seed=0)
    assert {name: "".join(part) for name, part in parts.items()} == {
        "train": "bdefhi",
        "val": "ac",
        "test": "gj",
    }
    ordered = split("abcdefghij", {"train": 3, "val": 1, "test": 1}, shuffle=False)
    assert "".join(ordered["train"]) == "abcdef"


def test_shares_that_make_no_sense():
    for shares in ({}, {"train": 0}, {"train": 1, "val": -1}, {"train": float("nan")}):
        with pytest.raises(ValueError, match="shares"):
            split([1, 2, 3], shares)


def test_a_part_is_a_sequence_that_reads_when_it_is_asked(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("x,label\n" + "".join(f"{n},{n}\n" for n in range(10)))
    parts = split(read_data(path), {"a": 1, "b": 1})
    part = parts["a"]
    assert part[-1] == part[4]
    assert part[1:3] == [part[1], part[2]]
    with pytest.raises(IndexError):
        part[5]
    assert part.digest() != parts["b"].digest()
    assert part.digest() == split(read_data(path), {"a": 1, "b": 1})["a"].digest()
    assert "5 samples" in repr(part)
