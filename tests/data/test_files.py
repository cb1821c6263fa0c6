"""Samples from files: what is read, and what is said of files that can't be."""

import json
import os
import pickle
import threading

import pytest

from langprop.data import read_data
from langprop.data.batches import as_dataset, batches
from langprop.errors import ConfigError, DataError
from langprop.scripts.parsing import find_function


def function(parameters="number", returns="", name="f"):
    return find_function(f"def {name}({parameters}){returns}: ...\n", name)


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def rows(write):
    """Read a file of a given content."""

    def rows(content, parameters=None, name="d.csv", returns="", **settings):
        made = function(parameters, returns) if parameters is not None else None
        return list(read_data(write(name, content), function=made, **settings))

    return rows


@pytest.fixture
def fault(rows):
    """What is said of a file of a given content."""

    def fault(*args, **settings):
        with pytest.raises(DataError) as caught:
            rows(*args, **settings)
        return str(caught.value)

    return fault


# Tables


def test_columns_named_like_parameters_become_arguments(rows):
    text = "label,b,a\n3,2,1\n7,4,3\n"
    assert rows(text, "a, b") == [((1, 2), 3), ((3, 4), 7)]


def test_without_a_function_rows_are_as_they_are(rows):
    assert rows("a,label\n1,x\n") == [{"a": 1, "label": "x"}]


@pytest.mark.parametrize("label", ["label", "output", "target", "y"])
def test_names_of_the_label(rows, label):
    assert rows(f"number,{label}\n3,6\n", "number") == [((3,), 6)]


def test_a_parameter_is_not_the_label(rows):
    assert rows("y,target\n3,6\n", "y") == [((3,), 6)]
    assert rows("x,y\n3,6\n", "x", label_column="y") == [((3,), 6)]


def test_the_label_may_be_left_out_where_none_is_needed(rows):
    assert rows("number\n3\n", "number", labelled=False) == [((3,), None)]
    assert rows("number,label\n3,6\n", "number", labelled=False) == [((3,), 6)]


def test_parameters_with_defaults_may_have_no_column(rows):
    assert rows("a,label\n1,2\n", "a, b=5, *, c=6") == [((1,), 2)]
    assert rows("a,c,label\n1,3,2\n", "a, b=5, *, c=6") == [((1,), {"c": 3}, 2)]
    assert rows("a,c,label\n1,3,2\n", "a, b=5, c=6") == [((1,), {"c": 3}, 2)]


def test_keyword_parameters(rows):
    assert rows("a,b,label\n1,2,3\n", "*, a, b") == [((), {"a": 1, "b": 2}, 3)]
    assert rows("a,z,label\n1,2,3\n", "a, **more") == [((1,), {"z": 2}, 3)]
    assert rows("a,b,label\n1,2,3\n", "a, b, /") == [((1, 2), 3)]


def test_columns_that_fit_nothing_are_named_with_what_they_are_near(fault):
    said = fault("numbers,label,id\n3,6,1\n", "number", returns=" -> int")
    assert "d.csv, line 1" in said
    assert "'numbers' (did you mean 'number'?)" in said
    assert "parameter 'number' of f(number) has no column" in said
    assert "ignore=['numbers', 'id']" in said


def test_columns_may_be_left_out(rows):
    assert rows("id,number,label\n9,3,6\n", "number", ignore=["id"]) == [((3,), 6)]
    assert rows("id,number,label\n9,3,6\n", "number", ignore="id") == [((3,), 6)]


def test_a_wrong_label_column(fault):
    said = fault("number,Price\n3,6\n", "number", label_column="price")
    assert "no column 'price' for the label (did you mean 'Price'?)" in said
    said = fault("number,price\n3,6\n", "number")
    assert "label_column='price'" in said


def test_an_index_of_pandas_is_recognised(fault):
    assert "index=False" in fault(",number,label\n0,3,6\n", "number")


def test_a_missing_head_is_recognised(fault):
    assert "put a line with their names first" in fault("3,6\n4,24\n", "number,label")


def test_two_columns_of_one_name(fault):
    assert "columns 1 and 3 are both named 'a'" in fault("a,b, a\n1,2,3\n")


# Cells


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "-2", "+3"], [1, -2, 3]),
        (["1", "", "3"], [1, None, 3]),
        (["1", "2.5"], [1.0, 2.5]),
        (["1e3", ".5", "2."], [1000.0, 0.5, 2.0]),
        (["1", "x"], ["1", "x"]),
        (["007", "012"], ["007", "012"]),
        (["00.5", "1"], ["00.5", "1"]),
        (["true", "False", ""], [True, False, None]),
        (["true", "1"], ["true", "1"]),
        (["inf", "-inf", "1"], [float("inf"), -float("inf"), 1.0]),
        (["nan", "inf"], ["nan", "inf"]),
        (['"[1, 2]"', '"{""a"": null}"'], [[1, 2], {"a": None}]),
        (["[1", "[2]"], ["[1", "[2]"]),
        (["1_000", "2"], ["1_000", "2"]),
        (["٣", "1"], ["٣", "1"]),
        (["0x10"], ["0x10"]),
        (["9" * 50], [int("9" * 50)]),
        (["9" * 5000], ["9" * 5000]),
        (["[" * 100_000], ["[" * 100_000]),
        (["None", "NA"], ["None", "NA"]),
    ],
)
def test_a_column_is_of_the_narrowest_kind_that_all_its_cells_are_of(rows, cells, values):
    content = "a;z\n" + "".join(f"{cell};-\n" for cell in cells)
    found = [row["a"] for row in rows(content)]
    assert found == values
    assert [type(each) for each in found] == [type(each) for each in values]


@pytest.mark.parametrize(
    ("annotation", "cell", "value"),
    [
        ("str", "007", "007"),
        ("str", "", ""),
        ("str | None", "", None),
        ("Optional[str]", "", None),
        ("int | None", "", None),
        ("float", "3", 3.0),
        ("int", "3.0", 3),
        ("bool", "1", True),
        ("bool", "TRUE", True),
        ("int | float", "3", 3.0),
        ("'float'", "3", 3.0),
        ("list[int]", '"[1]"', [1]),
        ("typing.List[int]", '"[1]"', [1]),
        ("dict", '"{}"', {}),
        ("np.ndarray", '"[1]"', [1]),
        ("Foo", "3", 3),
        ("float", "nan", float("nan")),
    ],
)
def test_the_annotation_says_what_a_cell_is(rows, annotation, cell, value):
    ((args, label),) = rows(f"a,label\n{cell},1\n", f"a: {annotation}")
    assert label == 1
    assert repr(args[0]) == repr(value)


def test_a_cell_that_is_not_what_the_annotation_says(fault):
    said = fault("a,label\n1,1\n\n2,2\nabc,3\n", "a: int")
    assert "line 5: 'abc' in column 'a' isn't of type int" in said


def test_a_label_is_text_where_the_function_returns_text(rows):
    assert rows("a,label\n1,007\n2,1\n", "a", returns=" -> str") == [((1,), "007"), ((2,), "1")]
    assert rows("a,label\n1,x\n", "a", returns=" -> int") == [((1,), "x")]


# The text of tables


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_delimiters_line_ends_and_marks(rows, delimiter, end, mark):
    lines = ["a,b", '"1, 2; 3| 4",5', "ü,6"]
    lines[1:] = [line.replace(",", delimiter) for line in lines[1:]]
    lines[1] = f'"x{delimiter}y"{delimiter}5'
    lines[0] = lines[0].replace(",", delimiter)
    content = mark + end.join(lines).encode()  # the last line has no end
    assert rows(content) == [{"a": f"x{delimiter}y", "b": 5}, {"a": "ü", "b": 6}]


def test_quoted_line_ends_and_quotes(rows):
    content = 'a,b\n"one\n\ntwo",1\n"say ""no""",2\n\n\r\n"three\r\nfour\rfive",3\n'
    assert [row["a"] for row in rows(content)] == ["one\n\ntwo", 'say "no"', "three\r\nfour\rfive"]


def test_a_line_of_another_length(fault):
    said = fault('a,b\n"x\ny",1\n1,2,3\n')
    assert "line 4: 3 cells, but 2 columns (a, b)" in said


def test_a_quote_that_is_never_closed_is_placed_where_it_begins(fault):
    assert "line 3: a cell opens with a quote" in fault('a,b\n1,2\n"x,3\n4,5\n6,7\n')


def test_text_behind_a_quoted_cell(fault):
    assert "line 2: text after a closing quote" in fault('a,b\n"x"y,3\n')


def test_line_ends_of_old(fault):
    assert "carriage return" in fault("a,b\r1,2\r3,4\r")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"a,b\n", "holds no samples"),
        (b"a,b\n1,2\n\xe9,3\n", "line 3: byte 1 (0xe9) is not UTF-8"),
        (b"a,b\n1,2\n3,\x004\n", "line 3: a null character"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_what_is_no_table(fault, content, words):
    said = fault(content)
    assert words in said
    assert "d.csv" in said


def test_a_cell_of_a_megabyte(rows):
    assert rows(f"a,b\n{'x' * 1_000_000},1\n")[0]["a"] == "x" * 1_000_000


# JSON


def test_json_lines_of_all_shapes(rows):
    lines = [
        {"number": 3, "label": 6},
        {"args": [3], "label": 6},
        {"kwargs": {"number": 3}, "label": 6},
        {"args": [3], "kwargs": {}, "label": 6},
        [[3], 6],
        [[3], {}, 6],
    ]
    content = "\n\n".join(map(json.dumps, lines))
    assert rows(content, "number", name="d.jsonl") == [
        *[((3,), 6)] * 2,
        ((), {"number": 3}, 6),
        *[((3,), 6)] * 3,
    ]
    assert rows(content, name="d.ndjson") == lines
    assert rows(json.dumps(lines), name="d.json") == lines
    assert rows(json.dumps(lines), "number", name="d.json")[4] == ((3,), 6)


def test_a_record_may_lack_what_has_a_default(rows):
    content = '{"a": 1, "label": 2}\n{"a": 1, "b": null, "label": 2}\n'
    assert rows(content, "a, b=3", name="d.jsonl") == [((1,), 2), ((1, None), 2)]


def test_a_parameter_called_args(rows):
    assert rows('{"args": [1], "label": 2}', "args", name="d.jsonl") == [(([1],), 2)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 2, column 2: not JSON"),
        ("3", "line 2: a sample must be an object"),
        ('{"numbers": 3, "label": 6}', "did you mean 'number'"),
        ('{"number": 3}', "no column is the label"),
        ('{"number": 3, "number": 4, "label": 6}', "'number' stands twice"),
        ('{"args": [3]}', "there is no 'label'"),
        ('{"args": [3], "label": 6, "id": 7}', "ignore=['id']"),
        ('{"args": 3, "label": 6}', "the arguments must be a list"),
        ('{"args": [3, 4], "label": 6}', "takes 1 positional arguments, but gets 2"),
        ('{"args": [], "kwargs": {"x": 1}, "label": 6}', "no parameter 'x'"),
        ("[3, 6]", "the arguments must be a list"),
        ("9" * 5000, "line 2: can't be read"),
        ("[" * 100_000, "line 2: can't be read"),
        ("\x00", "line 2: a null character"),
    ],
)
def test_a_line_that_does_not_fit(fault, line, words):
    said = fault(f'{{"number": 3, "label": 6}}\n{line}\n', "number", name="d.jsonl")
    assert words in said
    assert "d.jsonl, line 2" in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("[]", "holds no samples"),
        ("{}", "must hold a list"),
        ("[1,", "column 4: not JSON"),
        ("[\n1,,\n2]", "line 2, column 3: not JSON"),
        ('[{"number": 1}]', "entry 1: no column is the label"),
    ],
)
def test_what_is_no_json_file(fault, content, words):
    assert words in fault(content, "number", name="d.json")


# Reading


def test_a_file_is_read_by_index_and_gone_through_again(write):
    data = read_data(write("d.csv", "a,label\n" + "".join(f"{n},{n * n}\n" for n in range(100))))
    assert len(data) == 100
    assert data[7] == {"a": 7, "label": 49}
    assert data[-1] == data[99]
    assert [each["a"] for each in data[3:9:2]] == [3, 5, 7]
    assert list(data) == list(data)
    with pytest.raises(IndexError):
        data[100]
    assert as_dataset(data) is data
    assert [len(batch) for batch in batches(data, 32)] == [32, 32, 32, 4]
    assert repr(data).endswith("d.csv', 100 samples)")


def test_a_dataset_travels_to_other_processes_and_threads(write):
    data = read_data(write("d.csv", "a\n" + "".join(f"{n}\n" for n in range(1000))))
    assert data[0] == {"a": 0}
    assert pickle.loads(pickle.dumps(data))[999] == {"a": 999}
    wrong = []

    def read():
        wrong.extend(n for n in range(1000) if data[n] != {"a": n})

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_digest_is_that_of_the_content(write):
    first, second = write("a.csv", "a\n1\n"), write("b.csv", "a\n1\n")
    assert read_data(first).digest() == read_data(second).digest()
    assert read_data(first).digest() != read_data(write("c.csv", "a\n2\n")).digest()


def test_a_file_that_changes_while_it_is_used(write):
    path = write("d.csv", "a\n1\n2\n")
    data = read_data(path)
    with path.open("a") as file:
        file.write("3\n")
    with pytest.raises(DataError, match="has changed"):
        data[0]


def test_a_file_that_goes_away(write):
    path = write("d.csv", "a\n1\n2\n")
    data = read_data(path)
    path.unlink()
    with pytest.raises(DataError, match="can't be read: No such file"):
        data[0]


def test_files_are_relative_to_the_base(write, tmp_path):
    write("d.csv", "a\n1\n")
    assert list(read_data("d.csv", tmp_path)) == [{"a": 1}]


def test_a_name_that_is_nearly_right(write, tmp_path):
    write("train.csv", "a\n1\n")
    with pytest.raises(DataError, match=r"no file .*trains\.csv\. Did you mean .*train\.csv"):
        read_data("trains.csv", tmp_path)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("d.csv.gz", "unpack it first"),
        ("d.xlsx", "save it as CSV"),
        ("d.py", "write d.py:NAME"),
        ("data", "neither a data file"),
        ("no/such/folder/d.csv", "there is no file"),
    ],
)
def test_what_is_no_data_file(tmp_path, spec, words):
    with pytest.raises(DataError, match=words):
        read_data(spec, tmp_path)


def test_a_folder_or_pipe_is_no_file(tmp_path):
    (tmp_path / "d.csv").mkdir()
    os.mkfifo(tmp_path / "p.csv")
    for name in ("d.csv", "p.csv"):
        with pytest.raises(DataError, match="no regular file"):
            read_data(name, tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(write):
    path = write("d.csv", "a\n1\n")
    path.chmod(0)
    with pytest.raises(DataError, match="Permission denied"):
        read_data(path)


# Import strings


def test_import_strings(write, tmp_path):
    write(
        "own_samples.py",
        "pairs = [((1,), 2)]\n"
        "def make():\n    return [((3,), 4)]\n"
        "class Squares:\n    def __len__(self): return 2\n"
        "    def __getitem__(self, n): return ((n,), n * n)\n"
        "squares = Squares()\n"
        "def broken():\n    raise OSError('no disk')\n",
    )
    assert read_data("own_samples.py:pairs", tmp_path) == [((1,), 2)]
    assert read_data("own_samples.py:make", tmp_path, function=function()) == [((3,), 4)]
    assert read_data("own_samples.py:Squares", tmp_path)[1] == ((1,), 1)
    assert read_data("own_samples.py:squares", tmp_path)[1] == ((1,), 1)
    with pytest.raises(DataError, match=r"broken\(\) failed: OSError: no disk"):
        read_data("own_samples.py:broken", tmp_path)
    with pytest.raises(ConfigError, match="defines no 'nothing'"):
        read_data("own_samples.py:nothing", tmp_path)
    with pytest.raises(ConfigError, match="can't be imported"):
        read_data("no_such_module_at_all:x", tmp_path)
    assert read_data("string:digits") == "0123456789"


def test_a_file_that_fails_is_imported_anew(write, tmp_path):
    write("own_failing.py", "raise ValueError('not yet')\n")
    for _ in range(2):
        with pytest.raises(ConfigError, match="not yet"):
            read_data("own_failing.py:x", tmp_path)
    write("own_failing.py", "x = [((1,), 1)]  # and longer than before\n")
    assert read_data("own_failing.py:x", tmp_path) == [((1,), 1)]
