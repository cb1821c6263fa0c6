"""Edits: what a reply wants to be changed → the changed script, or a reason."""

import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from langprop.errors import ReplyError
from langprop.scripts.edits import find_edits
from langprop.scripts.patch import apply_edits
from langprop.scripts.reply import read_reply

PARENT = '''import math


def helper(a, b):
    """Add.

    ======
    Title
    ======
    """
    return a + b


def f(x):
    y = helper(x, 1)
    for i in range(3):
        y += i

        if y > 10:
            return y
    y = math.sqrt(y)
    return y
'''
OLD, NEW = "    y = math.sqrt(y)", "    y = math.sqrt(y) + 1"
WANTED = PARENT.replace(OLD, NEW)


def edit(old, new):
    return f"<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE"


EDIT = edit(OLD, NEW)


def indented(text, margin):
    return "\n".join(margin + line for line in text.split("\n"))


def read(text, parent=PARENT, **settings):
    return read_reply(text, "f", stub="def f(x): ...", parent=parent, edits=True, **settings)


def why_not(text, **settings):
    with pytest.raises(ReplyError) as caught:
        read(text, **settings)
    return str(caught.value)


def marked(before, between, after):
    text = EDIT.replace("<<<<<<< SEARCH", before).replace(">>>>>>> REPLACE", after)
    return text.replace("=======", between)


FLAVOURS = {
    "as asked": EDIT,
    "in prose": f"I will add 1.\n\n{EDIT}\n\nThat is it.",
    "fence": f"So:\n```python\n{EDIT}\n```\nDone.",
    "diff fence and file name": f"main.py\n```diff\n{EDIT}\n```",
    "fence left open": f"```\n{EDIT}\n",
    "line feed at the end": EDIT + "\n",
    "Windows": EDIT.replace("\n", "\r\n"),
    "short": marked("<<<<< SEARCH", "=====", ">>>>> REPLACE"),
    "very short": marked("<<< SEARCH", "===", ">>> REPLACE"),
    "long": marked("<<<<<<<<< SEARCH", "=========", ">>>>>>>>> REPLACE"),
    "of different lengths": marked("<<<<<<< SEARCH", "=====", ">>>>>>>>> REPLACE"),
    "lower case": marked("<<<<<<< search", "=======", ">>>>>>> replace"),
    "other words": marked("<<<<<<< ORIGINAL", "=======", ">>>>>>> UPDATED"),
    "merge conflict": marked("<<<<<<< HEAD", "=======", ">>>>>>> new"),
    "no words": marked("<<<<<<<", "=======", ">>>>>>>"),
    "no blank": marked("<<<<<<<SEARCH", "=======", ">>>>>>>REPLACE"),
    "blanks behind": marked("<<<<<<< SEARCH  ", "=======  ", ">>>>>>> REPLACE  "),
    "file name behind": marked("<<<<<<< SEARCH main.py", "=======", ">>>>>>> REPLACE"),
    "dashes": marked("------- SEARCH", "=======", "+++++++ REPLACE"),
    "indented": indented(EDIT, "    "),
    "only the marks indented": marked("  <<<<<<< SEARCH", "  =======", "  >>>>>>> REPLACE"),
    "quoted": indented(EDIT, "> "),
    "in a list": "1. Add 1:\n" + indented(f"```\n{EDIT}\n```", "   "),
    "fences inside": f"<<<<<<< SEARCH\n```python\n{OLD}\n```\n=======\n```python\n{NEW}\n```\n"
    ">>>>>>> REPLACE",
    "entities": EDIT.replace("<", "&lt;").replace(">", "&gt;"),
    "blanks at line ends": edit(OLD + "  ", NEW),
    "empty lines around": edit(f"\n{OLD}\n", f"\n{NEW}\n"),
    "less indentation": edit(OLD.strip(), NEW.strip()),
    "more indentation": edit("    " + OLD, "    " + NEW),
    "tabs": edit("\t" + OLD.strip(), "\t" + NEW.strip()),
    "twice": f"{EDIT}\n\nAgain:\n{EDIT}",
    "with one that does nothing": f"{edit('foo', 'foo')}\n{EDIT}",
    "tags": f"<search>\n{OLD}\n</search>\n<replace>\n{NEW}\n</replace>",
    "stripped tags": f"<old_str>{OLD.strip()}</old_str><new_str>{NEW.strip()}</new_str>",
    "diff": f"```diff\n--- a/f.py\n+++ b/f.py\n@@ -100,3 +90,3 @@ def f(x):\n-{OLD}\n+{NEW}\n"
    "     return y\n```",
    "diff without blanks": f"```diff\n@@ ... @@\n            return y\n-{OLD}\n+{NEW}\n"
    "    return y\n```",
    "diff of git": "```diff\ndiff --git a/f.py b/f.py\nindex 123..456 100644\n--- a/f.py\n"
    f"+++ b/f.py\n@@ -1 +1 @@\n-{OLD}\n+{NEW}\n\\ No newline at end of file\n```",
    "diff without a fence": f"So:\n\n--- a\n+++ b\n@@ -1 +1 @@\n-{OLD}\n+{NEW}\n"
    "     return y\n\nBye.",
    "patch": f"*** Begin Patch\n*** Update File: f.py\n@@ def f(x):\n-{OLD}\n+{NEW}\n*** End Patch",
    "empty lines left out, in a diff": f"```diff\n@@\n         y += i\n         if y > 10:\n"
    f"             return y\n-{OLD}\n+{NEW}\n```",
    "failed, then the whole script": edit("foo", "bar") + f"\nAll of it:\n```python\n{WANTED}```",
    "whole script": f"```python\n{WANTED}```",
    "function only": "```python\n" + WANTED[WANTED.index("def f") :] + "```",
    "thoughts before": f"<think>\n{edit(OLD, 'pass')}\n</think>\n{EDIT}",
}


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_all_flavours_of_one_edit_give_the_same(flavour):
    def plain(source):
        return [line for line in source.split("\n") if line.strip() and "import" not in line]

    source = read(FLAVOURS[flavour])
    if flavour == "function only":  # what it doesn't hold comes before it
        assert "import math" in source
        assert "def helper" in source
        assert plain(source)[-8:] == plain(WANTED)[-8:]
    else:
        assert plain(source) == plain(WANTED)


def test_several_edits_are_applied_together():
    text = f"{EDIT}\nand\n```\n{edit('    y = helper(x, 1)', '    y = helper(x, 2)')}\n```"
    assert read(text) == WANTED.replace("helper(x, 1)", "helper(x, 2)")
    diff = f"```diff\n@@\n-{OLD}\n+{NEW}\n@@\n-    y = helper(x, 1)\n+    y = helper(x, 2)\n```"
    assert read(diff) == WANTED.replace("helper(x, 1)", "helper(x, 2)")


def test_an_edit_may_change_what_one_before_it_has_written():
    assert read(f"{EDIT}\n{edit(NEW, '    y = 3')}") == PARENT.replace(OLD, "    y = 3")


def test_lines_can_be_removed_and_added():
    assert read(f"<<<<<<< SEARCH\n{OLD}\n=======\n>>>>>>> REPLACE") == PARENT.replace(
        OLD + "\n", ""
    )
    added = edit(OLD, f"{OLD}\n    y = heapq.nsmallest(1, [y])[0]")
    assert read(added).startswith("import heapq\nimport math\n")


def test_a_replacement_moves_with_what_it_replaces():
    old, new = "for i in range(3):\n    y += i\n", "for i in range(4):\n    y += i\n    y += 1\n"
    wanted = PARENT.replace("range(3)", "range(4)")
    wanted = wanted.replace("        y += i\n", "        y += i\n        y += 1\n")
    assert read(edit(old, new)) == wanted
    uneven = "y += i\n\n    if y > 10:"
    assert "nearest are lines 17 to 21" in why_not(edit(uneven, "pass"))


def test_only_the_first_line_may_have_lost_its_margin():
    old, new = "y += i\n\n        if y > 10:", "y += 2 * i\n\n        if y > 9:"
    wanted = PARENT.replace("y += i", "y += 2 * i").replace("> 10", "> 9")
    assert read(edit(old, new)) == wanted
    two = "<old_str>y = math.sqrt(y)</old_str><new_str>y = 3\n    y += 4</new_str>"
    assert read(two) == PARENT.replace(OLD, "    y = 3\n    y += 4")
    block = edit("y = math.sqrt(y)", "if y:\n    y = 3")
    assert read(block) == PARENT.replace(OLD, "    if y:\n        y = 3")


def test_lines_of_equal_signs_are_told_from_the_mark():
    old = "    ======\n    Title\n    ======"
    assert read(edit(old, old.replace("Title", "Other"))) == PARENT.replace("Title", "Other")
    short = edit(old, old.replace("Title", "Other")).replace("\n=======", "\n======")
    assert read(short) == PARENT.replace("Title", "Other")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (edit("    y = math.sqrt(z)", "    y = 1"), r"edit 1 of 1: .*y = math.sqrt\(z\).*isn't in"),
        (
            edit("    y = math.sqrt(z)", "    y = 1"),
            r"nearest are lines .*:\n```\n(?s:.*)sqrt\(y\)",
        ),
        (edit("foo bar baz", "    y = 1"), "Nothing there is like it"),
        (edit("    ======", "    ===="), r"several times \(lines 7 and 9\)"),
        (edit("y", "z"), "isn't in the script"),  # a part of a line
        (edit(OLD, OLD), "leave the script as it was"),
        (EDIT + "\n" + edit("foo", "bar"), "edit 2 of 2: .*\nNone of the edits was applied|foo"),
        (f"<<<<<<< SEARCH\n=======\n{NEW}\n>>>>>>> REPLACE", "its SEARCH part is empty"),
        (edit("  ", NEW), "its SEARCH part is empty"),
        (f"```diff\n@@\n+{NEW}\n```", "its SEARCH part is empty"),
        (f"<<<<<<< SEARCH\n{OLD}\n=======\n{NEW}\n", "needs a line  >>>>>>> REPLACE"),
        (f"<<<<<<< SEARCH\n{OLD}\n{EDIT}", "needs a line  >>>>>>> REPLACE"),
        (f"<<<<<<< SEARCH\n{OLD}\n>>>>>>> REPLACE", "a line  =======  must stand"),
        (edit(OLD, "    y = math.sqrt(y"), r"no valid Python: '\(' was never closed \(line"),
        (edit("def f(x):", "def g(x):"), "defines no function 'f'"),
        (edit("def f(x):", "def f(x, z):"), "'z' must have a default"),
        (f"```python\n{PARENT}```", "as it was; change something"),
        ("I can't.", "Or write edits, each between"),
        (f"{EDIT}\n" * 10_000, "10,000 edits, and the limit is 100"),
        (edit(OLD + "\n    return y", "    y = 1\n    return y") + "\n" + edit(OLD, NEW), "join"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(text, reason):
    with pytest.raises(ReplyError, match=reason):
        read(text)


def test_an_empty_script_is_written_by_an_edit_without_a_search():
    text = "<<<<<<< SEARCH\n=======\ndef f(x):\n    return x\n>>>>>>> REPLACE"
    assert read(text, parent="\n") == "def f(x):\n    return x\n"


def test_edits_that_were_cut_off_are_not_applied():
    for text in (EDIT[:-30], EDIT, f"```\n{EDIT}\n"):
        assert "cut off" in why_not(text, truncated=True)
    assert read(f"{EDIT}\nThis w", truncated=True) == WANTED


def test_edits_that_nobody_asked_for_are_applied_where_there_is_a_parent():
    assert read_reply(EDIT, "f", parent=PARENT) == WANTED


def test_a_parent_that_is_no_python_can_be_mended():
    broken = PARENT.replace("def f(x):", "def f(x:")
    assert read(edit("def f(x:", "def f(x):"), parent=broken) == PARENT
    assert read(EDIT, parent=PARENT.replace("\n", "\r\n")) == WANTED


_lines = st.lists(
    st.sampled_from(["a", "  a", "b", "  b", "", " ", "=====", "=======", "x = 1", "\tx", "```"]),
    min_size=1,
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(before=_lines, old=_lines, after=_lines, new=_lines)
def test_lines_that_stand_there_once_are_replaced(before, old, after, new):
    source = "\n".join([*before, "<", *old, ">", *after])
    assume(old != new)
    assume([*old, *new].count("=======") < 4)  # of the lines that may be the mark, four are tried
    old, new = ["<", *old, ">"], ["<", *new, ">"]
    found = find_edits(edit("\n".join(old), "\n".join(new)))
    assert apply_edits(source, found) == "\n".join([*before, *new, *after])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*FLAVOURS.values(), *EDIT.split("\n"), "x"]), max_size=6))
def test_any_text_gives_a_script_or_a_reason(pieces):
    try:
        source = read("\n".join(pieces))
    except ReplyError as error:
        assert str(error)  # noqa: PT017 - either is right
        return
    assert source != PARENT
    compile(source, "<script>", "exec")


SAME = "    y = 1\n" * 19_000
HUGE = {
    "opened only": ("<<<<<<< SEARCH\n" * 10_000, PARENT),
    "many middles": (
        ("<<<<<<< SEARCH\na\n" + "=======\n" * 300 + ">>>>>>> REPLACE\n") * 90,
        PARENT,
    ),
    "closing only": (">" * 900_000, PARENT),
    "equal lines": (edit(SAME[:90_009], "    y = 2"), "def f(x):\n" + SAME),
    "almost equal lines": (edit(SAME[:90_000] + "  z", "    y = 2"), "def f(x):\n" + SAME),
    "almost equal shifted": (
        edit("  y = 1\n" * 9_000 + "   y = 1", "    y = 2"),
        "def f(x):\n" + SAME,
    ),
    "many that are near": (
        "\n".join(edit(SAME[:9_000] + f"    z = {n}", "    y = 2") for n in range(95)),
        "def f(x):\n" + SAME,
    ),
    "long lines": (edit("a" * 500_000, "b"), "def f(x):\n    y = '" + "a" * 150_000 + "'\n"),
    "alternating": (edit("ab" * 80, "b"), "def f(x):\n" + ("    " + "ba" * 80 + "\n") * 1_000),
    "hunks": ("```diff\n" + "@@\n-a\n+b\n" * 100_000 + "```", PARENT),
    "a long hunk": ("```diff\n@@\n" + " a\n-b\n+c\n" * 100_000 + "```", PARENT),
    "open tags": ("<search>a</search><replace>" * 30_000, PARENT),
}


@pytest.mark.parametrize("shape", HUGE)
def test_no_edit_takes_long(shape):
    text, parent = HUGE[shape]
    start = time.perf_counter()
    assert len(why_not(text, parent=parent)) < 4_000
    assert time.perf_counter() - start < 8  # of the 10 s that the guarded process has; mostly 0.1


@pytest.mark.parametrize("language", ["diff", "text", "patch"])
def test_a_diff_that_nobody_asked_for_is_no_script_without_the_lines_it_removes(language):
    lines = PARENT[PARENT.index("def f") :].rstrip().split("\n")
    changed = [f"-{lines[-2]}", "+    y = math.sqrt(y) + 1", f" {lines[-1]}"]
    hunk = "\n".join(["@@ -1,9 +1,9 @@", *(f" {line}" for line in lines[:-2]), *changed])
    reply = f"Change this:\n\n```{language}\n{hunk}\n```\n"
    assert read_reply(reply, "f", parent=PARENT) == WANTED
    with pytest.raises(ReplyError, match="there is nothing to edit"):
        read_reply(reply, "f")
