"""Continuation: a reply that was cut off anywhere, and the ways in which models go on."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.errors import ReplyError
from langprop.scripts.continuation import MAX_CANDIDATES, join_continuation
from langprop.scripts.parsing import content_id
from langprop.scripts.reply import read_reply

CODE = '''import math
from functools import lru_cache

# A constant.
LIMIT = 10


def helper(a, b):
    """Add two numbers, really."""
    return a + b


@lru_cache(maxsize=None)
def slow(n):
    return n if n < 2 else slow(n - 1) + slow(n - 2)


def f(x):
    """Compute something."""
    total = 0
    for i in range(x):
        if i % 2 == 0:
            total += helper(i, LIMIT) * math.sqrt(i)
        else:
            total -= slow(i)

    text = "a string with words"
    return total + len(text)
'''
FULL = f"Here is the script:\n\n```python\n{CODE}```\n\nIt does X.\n"
START, STOP = FULL.index("LIMIT = 10"), FULL.index("```\n\nIt")
F = FULL.index("def f(x)")
WANTED = content_id(CODE, "f")


def line_start(cut, back=0):
    """Where the line that a cut is in begins, or one before it."""
    start = FULL.rfind("\n", 0, cut) + 1
    for _ in range(back):
        start = FULL.rfind("\n", 0, start - 1) + 1
    return start


WAYS = {
    "in the middle": lambda cut: FULL[cut:],
    "the block is opened again": lambda cut: "```python\n" + FULL[cut:],
    "the block is opened again without a label": lambda cut: "```\n" + FULL[cut:],
    "prose": lambda cut: "Continuing from where I left off:\n\n" + FULL[cut:],
    "prose and the block": lambda cut: "Sure! Here's the rest:\n\n```python\n" + FULL[cut:],
    "thoughts": lambda cut: "<think>\nWhere was I?\n</think>\n```python\n" + FULL[cut:],
    "the line again": lambda cut: FULL[line_start(cut) :],
    "the line again in a block": lambda cut: "```python\n" + FULL[line_start(cut) :],
    "two lines again": lambda cut: FULL[line_start(cut, 1) :],
    "four lines again in a block": lambda cut: "```python\n" + FULL[line_start(cut, 3) :],
    "all again": lambda cut: FULL,
    "the block again": lambda cut: FULL[FULL.index("```") :],
    "the function again": lambda cut: "```python\n" + FULL[F if cut > F else line_start(cut) :],
    "stripped": lambda cut: FULL[cut:].strip(),
    "Windows": lambda cut: FULL[cut:].replace("\n", "\r\n"),
}
# Where the cut is in the blanks at the start of a line, or between words whose blank was lost, no
# text tells how it goes on. Of about a hundred cuts these many may go wrong.
UNCERTAIN = {
    "the line again": 1,
    "the line again in a block": 1,
    "two lines again": 2,
    "stripped": 4,
}


def read_any(texts):
    reason = None
    for text in texts:
        try:
            return read_reply(text, "f")
        except ReplyError as error:
            reason = reason or error
    raise reason


@pytest.mark.parametrize("way", WAYS)
def test_wherever_it_was_cut_off_it_goes_on(way):
    wrong = []
    for cut in range(START, STOP, 4):
        texts = join_continuation(FULL[:cut], WAYS[way](cut))
        assert 1 <= len(texts) <= MAX_CANDIDATES
        try:
            source = read_any(texts)
        except ReplyError as error:
            source = str(error)
        if content_id(source, "f") != WANTED:
            wrong.append((FULL[max(0, cut - 30) : cut], source))
    assert len(wrong) <= UNCERTAIN.get(way, 0), wrong


@pytest.mark.parametrize("cut", [4, 22, 27, 30, 35])
def test_cut_off_before_the_script_began(cut):
    for more in (FULL[cut:], FULL):
        assert content_id(read_any(join_continuation(FULL[:cut], more)), "f") == WANTED


def test_nothing_more():
    assert join_continuation("abc", "") == ["abc"]
    assert join_continuation("abc", " \n") == ["abc"]
    assert join_continuation("", "abc") == ["abc"]


def test_the_likeliest_comes_first():
    assert join_continuation("```python\nx = ba", "r()\n```")[0] == "```python\nx = bar()\n```"
    assert join_continuation("```python\nx = ba", "x = bar()\n")[0] == "```python\nx = bar()\n"
    assert join_continuation("I think", " so.")[0] == "I think so."
    # One letter that stands in both is no repetition.
    assert join_continuation("```python\nretur", "rn x")[1:2] == ["```python\nreturn x"]
    assert join_continuation("```\nx = 1", "1 + y\n```")[0] == "```\nx = 11 + y\n```"


def test_an_edit_that_was_begun_is_written_again():
    first = "<<<<<<< SEARCH\n    a = 1\n=======\n    a = "
    more = "<<<<<<< SEARCH\n    a = 1\n=======\n    a = 2\n>>>>>>> REPLACE"
    assert join_continuation(first, more)[0] == more
    one = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n"
    two = "<<<<<<< SEARCH\nc\n=======\nd\n>>>>>>> REPLACE\n"
    assert join_continuation(one, two)[0] == one + two


def test_a_continuation_may_be_cut_off_itself():
    text, rest = FULL[:150], FULL[150:]
    for size in (40, 90, 200):
        text = join_continuation(text, rest[:size])[0]
        rest = rest[size:]
    assert join_continuation(text, rest)[0] == FULL


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["```", "```python", "x", "def f(x):", "", "Here:", "  y"])),
    st.lists(st.sampled_from(["```", "```python", "x", "def f(x):", "", "Here:", "  y"])),
)
def test_any_two_texts_have_candidates(first, more):
    first, more = "\n".join(first), "\n".join(more)
    texts = join_continuation(first, more)
    assert 1 <= len(texts) <= MAX_CANDIDATES
    assert len(set(texts)) == len(texts)
    assert all(len(text) <= len(first) + len(more) + 50 for text in texts)


HUGE = {
    "lines": ("```python\n" + "x = 1\n" * 400_000, "x = 1\n" * 400_000),
    "letters": ("a" * 5_000_000, "a" * 5_000_000),
    "almost the same letters": ("a" * 5_000_000, "a" * 4_999_999 + "b"),
    "imports": ("import x\n" * 300_000, "import x\n" * 300_000),
    "definitions": ("```python\n" + "def f(x): y\n" * 300_000, "def f(x):\n" * 300_000),
    "fences": ("```\n" * 500_000, "```\n" * 500_000),
    "blanks": ("```python\nx" + " " * 5_000_000, " " * 5_000_000 + "x"),
}


@pytest.mark.parametrize("shape", HUGE)
def test_it_takes_linear_time(shape):
    start = time.perf_counter()
    assert join_continuation(*HUGE[shape])
    assert time.perf_counter() - start < 10  # mostly 0.2; what is quadratic takes minutes
