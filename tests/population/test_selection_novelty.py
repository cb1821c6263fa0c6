"""Novelty: near-copies are known by their text, whatever the text is."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.population import Population, Record
from langprop.population.rules.likeness import MAX_WINDOWS, likeness, read, words
from langprop.population.rules.novelty import Novelty
from langprop.scripts.script import Script

ORIGINAL = '''\
import math
from functools import reduce as fold

def solve(numbers, target=3):
    """Add them up."""
    total = 0
    for number in numbers:  # one by one
        if number > target:
            total += math.floor(number) * 2
        else:
            total -= max(number, 1)
    ranked = sorted(numbers, key=lambda value: -value)
    return total, ranked[0], helper(total), 'done'
'''
REFORMATTED = """\
import math
from functools import reduce as fold
def solve(
    numbers, target = 3,
):
  # other layout
  total=0
  for number in numbers:

      if number>target:
          total+=math.floor( number )*2
      else :
          total-=max(number,
             1)
  ranked=sorted( numbers,key=lambda value:-value ); return total,ranked[0],helper(total),"done"
"""
RENAMED = """\
import math
from functools import reduce as r

def answer(xs, limit=3):
    s = 0
    for x in xs:
        if x > limit:
            s += math.floor(x) * 2
        else:
            s -= max(x, 1)
    out = sorted(xs, key=lambda q: -q)
    return s, out[0], helper(s), "done"
"""
OTHER = """\
def solve(numbers, target=3):
    big = [2 * int(n // 1) for n in numbers if n > target]
    small = [max(n, 1) for n in numbers if not n > target]
    return sum(big) - sum(small), max(numbers), helper(sum(big) - sum(small)), 'done'
"""


def survivors(*scored, **settings):
    made = Population()
    made.add([Script(source, "solve", id=str(n)) for n, (source, _) in enumerate(scored)])
    made.tell({str(n): [Record(0, "ok", score)] for n, (_, score) in enumerate(scored)})
    made.truncate(10, Novelty(**settings))
    return [policy.id for policy in made.policies]


@pytest.mark.parametrize("copy", [REFORMATTED, RENAMED, ORIGINAL.replace("\n", "\r\n")])
def test_layout_and_names_make_no_other_program(copy):
    assert likeness(ORIGINAL, copy) == 1.0
    assert survivors((ORIGINAL, 0.5), (copy, 0.4), threshold=1.0) == ["0"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("max", "min"),
        ("math.floor", "math.ceil"),
        ("math", "cmath"),
        ("helper", "other"),
        ("key=", "reverse="),
        ("* 2", "* 3"),
        ("+=", "-="),
        ("'done'", "'none'"),
        ("reduce as", "partial as"),
        ("return total,", "return number,"),
        ("            total -=", "        total -="),
    ],
)
def test_what_a_program_does_makes_another_one(old, new):
    changed = ORIGINAL.replace(old, new)
    assert changed != ORIGINAL
    assert 0.6 < likeness(ORIGINAL, changed) < 1
    assert likeness(changed, ORIGINAL) == likeness(ORIGINAL, changed)


def test_another_approach_is_no_near_copy():
    assert likeness(ORIGINAL, OTHER) < 0.5
    assert survivors((ORIGINAL, 0.5), (OTHER, 0.4), (RENAMED, 0.3)) == ["0", "1"]


def test_a_correction_takes_its_parents_place():
    parent, child = ORIGINAL * 3, ORIGINAL * 2 + ORIGINAL.replace("* 2", "* 3")
    assert 0.9 < likeness(parent, child) < 1
    assert survivors((parent, 0.2), (child, 0.9)) == ["1"]
    assert survivors((parent, 0.9), (child, 0.2)) == ["0"]
    assert survivors((parent, 0.9), (child, 0.2), threshold=1.0) == ["0", "1"]


def test_a_long_chain_of_small_changes_is_not_one_program():
    """Each is a near-copy of the one before, but the first and the last have nothing in common."""
    lines = [f"    x{n} = call{n}(a.b{n}, {n}) + {n}\n" for n in range(60)]
    chain = ["def f(a):\n" + "".join(lines[n : n + 30]) for n in range(31)]
    assert likeness(chain[0], chain[1]) > 0.9
    kept = survivors(*[(source, 1 - n / 100) for n, source in enumerate(chain)])
    assert 5 < len(kept) < 31


def test_the_rule_within_has_the_rest():
    class Last:
        def __call__(self, policies, k, rng):
            return policies[-k:]

    made = Population()
    made.add([Script(source, "f", id=str(n)) for n, source in enumerate([ORIGINAL, OTHER])])
    made.add([Script(RENAMED, "f", id="copy")])
    rule = Novelty(within=Last())
    assert [policy.id for policy in rule(made.policies, 1, None)] == ["1"]
    assert Novelty(within="confident").rounds == 2
    assert Novelty().rounds == 0


def test_words_of_a_small_program():
    assert words("def f(a, b=1,):\n  'doc'\n  return g(a.b, c=b) # x") == [
        *["def", "$f", "(", "$a", ",", "$b", "=", "1", ")", ":", "\n", "\n>"],
        *["return", "g", "(", "$a", ".", "b", ",", "c", "=", "$b", ")", "\n"],
    ]


HOSTILE = {
    "open triple quotes": '\\"""' * 50_000,
    "quotes": "'" * 200_000,
    "quotes and backslashes": '"""\\' * 50_000,
    "brackets": "(" * 200_000,
    "backslashes": "\\" * 200_000,
    "line ends": "\n" * 200_000,
    "blanks": " " * 200_000,
    "prefixes": "rb'" * 66_000,
    "names": " ".join(f"name{n}" for n in range(25_000)),
    "steps": "\n".join(" " * n + "x" for n in range(600)),
    "null bytes": "\0" * 200_000,
    "half characters": "\ud800" * 200_000,
    "dots": "." * 200_000,
    "dollars": "$" * 200_000,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_no_text_takes_long(source):
    start = time.process_time()
    found = read(source)
    assert time.process_time() - start < 10  # less than a second on an idle machine
    assert len(found.windows) <= MAX_WINDOWS
    assert likeness(source, ORIGINAL) < 0.1


@settings(max_examples=150)
@given(st.text(max_size=200), st.text(alphabet="'\"\\\n# \t()rfa1.,=;:", max_size=60))
def test_any_text_is_like_itself_and_as_like_another_as_that_is_like_it(a, b):
    assert likeness(a, a) == likeness(b, b) == 1
    assert 0 <= likeness(a, b) == likeness(b, a) <= 1
    assert likeness("x = (" + b, "x = (" + b + "") == 1


def test_two_empty_sources_are_alike_and_unlike_any_other():
    assert likeness("", "  # nothing\n") == 1
    assert likeness("", ORIGINAL) == 0


@pytest.mark.parametrize("threshold", [0, -1, 1.1, float("nan")])
def test_a_threshold_is_a_likeness(threshold):
    with pytest.raises(ValueError, match="threshold"):
        Novelty(threshold)
