"""`$import` lines: the reference's recorded results, and errors that say who imports what."""

import json
from pathlib import Path

import pytest

from langprop.errors import TemplateError
from langprop.prompts.native import NativeTemplate

GOLDEN = Path(__file__).parent / "golden"
CASES = json.loads((GOLDEN / "templates_imports.json").read_text(encoding="utf-8"))


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder / "main.txt"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_imports_of_the_reference(case, tmp_path):
    for name, text in case["files"].items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.replace("@DIR@", str(tmp_path)).encode())
    root = tmp_path / case["root"]
    if "flattened" in case:
        assert NativeTemplate.load(root).source == case["flattened"]
    else:  # a missing root: the reference takes the path itself for the template; we refuse it
        with pytest.raises(TemplateError):
            NativeTemplate.load(root)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"main": "a\n$import b.txt"}, r"^main\.txt, line 2: there is no file 'b\.txt' to import"),
        ({"main": "a\n$import  b.txt", "b": "b"}, r"but there is 'b\.txt': write  \$import b\.txt"),
        (
            {"main": "\n\n$import b.txt", "b": "b\n$import main.txt"},
            r"^b\.txt, line 2: the imports go round in a circle: main\.txt → b\.txt → main\.txt",
        ),
        ({"main": "a\n$import ."}, r"^main\.txt, line 2: '\.' can't be read: Is a directory"),
        ({"main": "a\n$import b\0"}, r"^main\.txt, line 2: .*null"),
        ({"main": "\n\na\n$import b.txt", "b": "\n\n{{ x x }}"}, r"^b\.txt, line 3, in \{\{ x x"),
        ({"main": "$import b.txt\n{{ x x }}", "b": "a\nb"}, r"^main\.txt, line 2, in \{\{ x x"),
        ({"main": "$import b.txt\n$end", "b": "$begin\n1 2"}, r"^b\.txt, line 2, in 1 2"),
        ({"main": "$import b.txt", "b": "%% critic\nx"}, r"^b\.txt, line 1: unknown role"),
        ({"main": "$import b.txt\n$import b.txt", "b": "$import c.txt\n" * 9, "c": ""}, None),
    ],
)
def test_errors_name_the_file_and_line(files, says, tmp_path):
    path = write(tmp_path, **files)
    if says is None:  # the same file twice is no circle
        NativeTemplate.load(path)
        return
    with pytest.raises(TemplateError, match=says):
        NativeTemplate.load(path)


def test_errors_when_rendered_name_the_imported_file(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "_b.txt").write_text("b\n{{ nope }}")
    template = NativeTemplate.load(write(tmp_path, main="a\n$import sub/_b.txt"))
    with pytest.raises(TemplateError, match=r"^sub/_b\.txt, line 2, in \{\{ nope \}\}: NameError"):
        template.render({})


def test_imports_through_links_are_found_to_be_circles(tmp_path):
    path = write(tmp_path, main="$import other.txt")
    (tmp_path / "other.txt").symlink_to("main.txt")
    with pytest.raises(TemplateError, match="circle"):
        NativeTemplate.load(path)


def test_imports_that_multiply_and_that_nest(tmp_path):
    for number in range(30):
        write(tmp_path, **{f"f{number}": f"$import f{number + 1}.txt\n" * 2})
    write(tmp_path, f30="x")
    with pytest.raises(TemplateError, match="too long"):
        NativeTemplate.load(tmp_path / "f0.txt")
    for number in range(60):
        write(tmp_path, **{f"g{number}": f"$import g{number + 1}.txt"})
    with pytest.raises(TemplateError, match=r"g49\.txt, line 1: imports nest deeper than 50"):
        NativeTemplate.load(tmp_path / "g0.txt")


def test_files_that_cannot_be_read(tmp_path):
    path = write(tmp_path, main="$import b.txt")
    (tmp_path / "b.txt").write_bytes(b"na\xefve")
    with pytest.raises(TemplateError, match=r"main\.txt, line 1: 'b\.txt' can't be read: .*utf-8"):
        NativeTemplate.load(path)
    (tmp_path / "c.txt").symlink_to("c.txt")
    with pytest.raises(TemplateError, match=r"'c\.txt' can't be read: Too many levels"):
        NativeTemplate.load(tmp_path / "c.txt")
