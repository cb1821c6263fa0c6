"""What was written by others is read as it was meant: csv, json, numpy and pyarrow write."""

import csv
import datetime
import io
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from langprop.data import read_data
from langprop.errors import DataError, MissingDependency
from langprop.scripts.parsing import find_function

ADD = find_function("def add(a, b): ...\n", "add")

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.text(characters, max_size=8).map(lambda text: f"x{text}")  # neither empty nor a number
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False)
    | st.text(characters, max_size=5)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
containers = st.lists(values, max_size=3) | st.dictionaries(st.text(characters), values, max_size=3)
columns = st.one_of(
    *(
        st.lists(st.none() | kind, min_size=3, max_size=3)
        for kind in (
            st.integers(-(10**30), 10**30),
            st.floats(allow_nan=False, allow_infinity=False),  # "inf" alone is a word
            st.booleans(),
            texts,
            containers,
        )
    )
)


def read(path, **settings):
    """The error's message or "", and the samples."""
    try:
        return "", read_data(path, **settings)
    except DataError as error:
        return str(error), []


def cell(value):
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, (list, dict, bool)) else str(value)


formats = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t|"),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    }
)


@quick
@given(first=columns, second=columns, layout=formats, mark=st.booleans())
def test_tables(tmp_path, first, second, layout, mark):
    out = io.StringIO(newline="")
    writer = csv.writer(out, **layout)
    writer.writerow(["a", "b", "label"])
    pairs = list(zip(first, second, strict=True))
    for a, b in pairs:
        writer.writerow([cell(a), cell(b), "done"])
    path = tmp_path / "d.csv"
    path.write_bytes((b"\xef\xbb\xbf" if mark else b"") + out.getvalue().encode())
    assert list(read_data(path, function=ADD)) == [(pair, "done") for pair in pairs]


@quick
@given(content=st.binary(max_size=60), suffix=st.sampled_from(["csv", "jsonl", "json", "npz"]))
def test_any_bytes_are_samples_or_a_clear_error(tmp_path, content, suffix):
    path = tmp_path / f"d.{suffix}"
    path.write_bytes(content)
    said, data = read(path)
    assert path.name in said or len(list(data)) == len(data) > 0


@quick
@given(pairs=st.lists(st.tuples(values, values), min_size=1, max_size=4), end=st.booleans())
def test_json_lines(tmp_path, pairs, end):
    path = tmp_path / "d.jsonl"
    lines = [json.dumps({"b": b, "label": [a], "a": a}, ensure_ascii=end) for a, b in pairs]
    path.write_text("\n".join(lines) + "\n" * end, encoding="utf-8", errors="surrogatepass")
    said, found = read(path, function=ADD)
    # Halves of surrogate pairs aren't UTF-8.
    assert "not UTF-8" in said or list(found) == [((a, b), [a]) for a, b in pairs]


def test_arrays(tmp_path):
    path = tmp_path / "d.npz"
    b = np.arange(6, dtype=np.float32).reshape(3, 2)
    np.savez(path, a=np.array([1, 2, 3]), b=b, label=np.array(["x", "y", "z"]))
    data = read_data(path, function=ADD)
    (number, row), label = data[1]
    assert (number, type(number), label, type(label)) == (2, int, "y", str)
    assert row.tolist() == [2.0, 3.0]
    assert len(data) == 3
    np.savez(path, when=np.array(["2026-01-02"], "datetime64[D]"), flag=np.array([True]))
    assert list(read_data(path)) == [{"when": "2026-01-02", "flag": True}]


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"a": [1, 2], "b": [1, 2, 3], "label": [1, 2]}, "'b' 3"),
        ({"a": 1, "b": [1], "label": [1]}, "'a' is a single value"),
        ({"a": [], "b": [], "label": []}, "no samples"),
        ({"a": [1], "c": [1], "label": [1]}, "'c'"),
        ({}, "is empty"),
        ({"a": np.array([{}], object), "b": [1], "label": [1]}, "arrays of objects"),
    ],
)
def test_arrays_that_do_not_fit(tmp_path, arrays, words):
    path = tmp_path / "d.npz"
    np.savez(path, **arrays)
    with pytest.raises(DataError, match=words):
        read_data(path, function=ADD)


def test_an_array_is_no_archive(tmp_path):
    path = tmp_path / "d.npz"
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(DataError, match=r"numpy\.savez"):
        read_data(path)


def test_parquet(tmp_path):
    pyarrow = pytest.importorskip(
        "pyarrow", reason="pyarrow isn't installed: pip install 'langprop[data]'"
    )
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "d.parquet"
    day = datetime.datetime(2026, 1, 2, 3, 4, 5)
    table = pyarrow.table({"label": [1, 2], "a": [[1], None], "b": [{"x": day}, {"x": None}]})
    parquet.write_table(table, path)
    assert list(read_data(path, function=ADD)) == [
        (([1], {"x": "2026-01-02T03:04:05"}), 1),
        ((None, {"x": None}), 2),
    ]
    parquet.write_table(table.slice(0, 0), path)
    with pytest.raises(DataError, match="no samples"):
        read_data(path)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(DataError, match=r"d\.parquet can't be read"):
        read_data(path)
    table = pyarrow.Table.from_arrays([pyarrow.array([1]), pyarrow.array([2])], ["a", "a"])
    parquet.write_table(table, path)
    with pytest.raises(DataError, match="both named 'a'"):
        read_data(path)


def test_parquet_without_the_package_names_the_extra(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    (tmp_path / "d.parquet").write_bytes(b"PAR1")
    with pytest.raises(MissingDependency, match=r"pip install 'langprop\[data\]'"):
        read_data("d.parquet", tmp_path)
