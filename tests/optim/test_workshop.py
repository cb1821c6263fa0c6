"""Workshop: what the functions give in process, from a process that may die of it."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import langprop as lp
from langprop.errors import ReplyError, SandboxError, ScriptError
from langprop.optim.answer import Written
from langprop.optim.workshop import Workshop
from langprop.scripts.mutation import mutate, random_body
from langprop.scripts.mutation.draft import draft
from langprop.scripts.parsing import content_id, text_id
from langprop.scripts.reply import read_reply
from langprop.scripts.script import Script

GOOD = "def f(x):\n    return x + 1\n"
FOLDER = Path(__file__).parents[1] / "scripts" / "mutation_seeds"
PROGRAMS = {path.stem: path.read_text() for path in FOLDER.iterdir()}
LIMITS = lp.Limits(time=10.0, output=1 << 23, printed=0, failures=1 << 30)
SLOW = "def f(x):\n    return [" + "1, " * 60_000 + "]\n"  # takes the mutation seconds

seeds = st.integers(0, 2**63 - 1)
names = st.sampled_from(sorted(PROGRAMS))


@pytest.fixture(scope="module")
def executor():
    with lp.LocalExecutor(workers=1) as executor:
        yield executor


@pytest.fixture(scope="module")
def workshop(executor):
    workshop = Workshop(executor)
    yield workshop
    workshop.close()


def outcome(function, *args, **kwargs):
    """What a function gives, or what it says."""
    try:
        return function(*args, **kwargs)
    except (ScriptError, ReplyError) as error:
        return type(error), str(error)


# The same as in process

_LINES = [
    "def f(x):",
    "    return x",
    "    'doc'",
    "x = (",
    "]",
    "f'{x}'",
    "",
    "\t#",
    "\ud800",
    "\0",
]
_texts = st.text(max_size=60) | st.lists(st.sampled_from(_LINES), max_size=8).map("\n".join)


@settings(max_examples=100, deadline=None)
@given(source=_texts | names.map(PROGRAMS.get))
def test_ids_are_those_of_the_function(workshop, source):
    assert workshop.content_id(source, "f") == content_id(source, "f")


@settings(max_examples=100, deadline=None)
@given(text=_texts.map("```python\n{}\n```".format) | _texts, truncated=st.booleans())
def test_replies_are_read_as_by_the_function(workshop, text, truncated):
    stub = "import math\n\n\ndef f(x: float) -> float:\n    ...\n"
    wanted = outcome(read_reply, text, "f", stub=stub, truncated=truncated)
    if isinstance(wanted, str):
        wanted = Written(wanted, content_id(wanted, "f"))
    assert outcome(workshop.read_reply, text, "f", stub=stub, truncated=truncated) == wanted


@settings(max_examples=40, deadline=None)
@given(name=names, seed=seeds, donor=st.none() | names, edits=st.none() | st.integers(1, 3))
def test_children_are_those_of_the_function(workshop, name, seed, donor, edits):
    source, other = PROGRAMS[name], PROGRAMS.get(donor)
    rng = np.random.default_rng(seed)
    child = mutate(source, "solve", rng, other, edits=edits, max_size=200)
    wanted = Written(child.source, content_id(child.source, "solve"), child.operators)
    assert workshop.mutate(source, "solve", seed, other, edits=edits, max_size=200) == wanted


@settings(max_examples=30, deadline=None)
@given(
    seed=seeds,
    value=st.sampled_from(
        [1, 0.5, "a", None, b"", [[1]], [1, 2.5], {"a": (1, "b")}, {1}, np.ones(3), np.int8(1), {}]
    ),
)
def test_kinds_of_an_example_arrive(workshop, seed, value):
    example = ((value,), {"more": [value]})
    stub = "def f(x, more=None):\n    '''Do.'''\n"
    wanted = random_body(stub, "f", np.random.default_rng(seed), example)
    made = workshop.random_body(stub, "f", seed, example)
    assert made.source == wanted
    child = mutate(wanted, "f", np.random.default_rng(seed), example=example)
    assert workshop.mutate(wanted, "f", seed, example=example).source == child.source


def test_only_the_kinds_of_an_example_travel(workshop):
    huge = np.zeros(100_000_000)  # never touched, and never sent
    assert workshop.random_body("def f(x): ...", "f", 1, ((huge, lambda: 0, object()), {})).source


def test_sizes_are_those_of_the_drafts(workshop):
    for source in PROGRAMS.values():
        assert workshop.size(source, "solve") == draft(source, "solve").index.size


def test_what_the_functions_refuse_is_refused(workshop):
    with pytest.raises(ScriptError, match="no function 'g' at the top level"):
        workshop.mutate(GOOD, "g", 1)
    with pytest.raises(ScriptError, match="can't be mutated: SyntaxError"):
        workshop.size("def f(:", "f")
    with pytest.raises(ScriptError, match="no function 'g'"):
        workshop.random_body("def f(x): ...", "g", 1)
    with pytest.raises(ReplyError, match="it is empty"):
        workshop.read_reply(" \n", "f")


EDIT = "<<<<<<< SEARCH\n    return x + 1\n=======\n    return x + {}\n>>>>>>> REPLACE"


def test_edits_are_applied_in_the_process(workshop):
    how = {"parent": GOOD, "edits": True}
    source = GOOD.replace("+ 1", "+ 2")
    assert workshop.read_reply(EDIT.format(2), "f", **how) == Written(
        source, content_id(source, "f")
    )
    with pytest.raises(ReplyError, match="leave the script as it was"):
        workshop.read_reply(EDIT.format(1), "f", **how)
    with pytest.raises(ReplyError, match=r"isn't in the script(?s:.*)\n    return x \+ 1\n"):
        workshop.read_reply(EDIT.replace("x + 1", "x + 3").format(2), "f", **how)
    with pytest.raises(ReplyError, match="with its edits, the script can't be parsed"):
        workshop.read_reply(EDIT.format(2), "f", parent=GOOD + "# \ud800\n", edits=True)
    for bomb in BOMBS.values():
        made = outcome(
            workshop.read_reply, EDIT.format(2), "f", parent=f"{bomb}\n{GOOD}", edits=True
        )
        assert isinstance(made, Written) or made[1]


def test_of_several_texts_the_first_that_holds_a_script_is_read(workshop):
    good = f"```python\n{GOOD}```"
    assert workshop.read_any(["```python\ndef f(:\n```", good, ""], "f").source == GOOD
    assert workshop.read_any(["x" * 5_000_000, good], "f").source == GOOD
    with pytest.raises(ReplyError, match="it is empty"):
        workshop.read_any(["", "Nothing."], "f")
    with pytest.raises(ReplyError, match="5,000,000 characters"):
        workshop.read_any(["x" * 5_000_000] * 2, "f")
    with pytest.raises(ValueError, match="one text at least"):
        workshop.read_any([], "f")


def test_imports_are_added_that_scripts_have(workshop):
    reply = "```python\ndef f(x):\n    return np.sum(deque(x)), pytest.x, heappop(x)\n```"
    source = workshop.read_reply(reply, "f", provided={"heappop"}).source
    assert source.split("\n\n")[0] == "import numpy as np\nfrom collections import deque"


def test_it_does_the_same_where_nothing_is_guarded(workshop):
    inline = Workshop(lp.InlineExecutor())
    assert inline.mutate(GOOD, "f", 7) == workshop.mutate(GOOD, "f", 7)
    assert inline.content_id(GOOD, "f") == content_id(GOOD, "f")
    with pytest.raises(ReplyError, match="it is empty"):
        inline.read_reply("", "f")


# Ids of scripts


def test_scripts_without_an_id_get_theirs_together(workshop):
    odd = ["def f(:", "x = '\ud800'", "\0", "(" * 5_000, "x" * 5_000_000]
    scripts = [Script(GOOD, "f"), Script(GOOD, "f", id="mine"), *(Script(o, "f") for o in odd)]
    workshop.identify(scripts)
    assert all(script.identified for script in scripts)
    assert [script.id for script in scripts[:2]] == [content_id(GOOD, "f"), "mine"]
    assert [script.id for script in scripts[2:]] == [text_id(source, "f") for source in odd]


def test_where_there_is_nothing_to_do_nothing_is_started():
    executor = lp.InlineExecutor()
    executor.close()
    Workshop(executor).identify([Script(GOOD, "f", id="known")])


# What breaks limits

BOMBS = {
    "unary operators": "x = " + "- " * 480 + "\\\n" + "- " * 480 + "1",
    "not": "x = " + "not " * 45_000 + "1",
    "attributes": "x = a" + ".b" * 90_000,
    "calls": "x = a" + "()" * 90_000,
    "sum": "x = " + "1+" * 90_000 + "1",
    "comparison": "x = " + "1<" * 10_000 + "1",
    "boolean": "x = " + "a and b or " * 8_000 + "1",
    "lambdas": "x = " + "lambda:" * 25_000 + "1",
    "brackets": "[" * 100_000,
    "closed brackets": "[" * 99 + "]" * 99,
    "broken brackets": "x = " + "{a: (" * 49 + "b c" + ")}" * 49,
    "f-strings": "x = " + "f'{" * 500,
    "f-string formats": "f'{x:" + "{y:" * 90 + "}" * 91 + "'",
    "integer": "x = " + "9" * 190_000,
    "hexadecimal integer": "x = 0x" + "f" * 190_000,
    "folded constants": "x = ((((1 << 128) ** 64) ** 64) ** 64)\ny = 'a' * 4096 * 4096 * 4096",
    "statements": "x;" * 20_000,
    "blocks": "".join(" " * i + "for a in b:\n" for i in range(30)) + " " * 30 + "pass",
    "elif": "if x: pass\n" + "elif x: pass\n" * 14_000,
    "null byte": "x = 1\0",
    "lone surrogate": "x = '\ud800'",
    "encoding": "# coding: rot13\nx = 1",
}


@pytest.mark.parametrize("name", BOMBS)
def test_parser_bombs_end_nothing_but_their_process(workshop, name, caplog):
    bomb = f"{BOMBS[name]}\n{GOOD}"
    assert len(workshop.content_id(bomb, "f")) == 16
    for work in (
        lambda: workshop.read_reply(f"```python\n{bomb}```", "f"),
        lambda: workshop.mutate(bomb, "f", 1),
        lambda: workshop.mutate(GOOD, "f", 1, bomb),
        lambda: workshop.size(bomb, "f"),
    ):
        made = outcome(work)  # whatever it says, it says it in one of our own errors
        assert isinstance(made, (Written, int)) or made[1]
    assert not caplog.records  # no mistake of ours
    assert workshop.read_reply(f"```python\n{GOOD}```", "f").source == GOOD


def test_what_is_too_long_is_refused_before_it_is_sent(workshop):
    with pytest.raises(ReplyError, match="10,000,000 characters"):
        workshop.read_reply("x" * 10_000_000, "f")
    for work in (workshop.mutate, workshop.random_body):
        with pytest.raises(ScriptError, match="the limit is 200,000"):
            work("x" * 10_000_000, "f", 1)
    with pytest.raises(ScriptError, match="the limit is 200,000"):
        workshop.size("x" * 10_000_000, "f")
    with pytest.raises(ScriptError, match="the limit is 200,000"):
        workshop.mutate(GOOD, "f", 1, "x" * 10_000_000)


def test_what_hangs_is_killed_and_after_two_chances_not_tried_again(executor):
    workshop = Workshop(executor, limits=lp.Limits(time=0.4, output=1 << 23, failures=1 << 30))
    for _ in range(2):
        with pytest.raises(ScriptError, match=r"can't be read safely: reading it takes more than"):
            workshop.size(SLOW, "f")
    for work in (
        lambda: workshop.size(SLOW, "f"),
        lambda: workshop.mutate(SLOW, "f", 1),
        lambda: workshop.mutate(GOOD, "f", 1, SLOW),
    ):
        with pytest.raises(ScriptError, match="it broke the limits before"):
            work()
    assert workshop.content_id(GOOD, "f") == content_id(GOOD, "f")
    workshop.close()


def test_a_reply_that_can_not_be_read_safely_is_answered(executor):
    workshop = Workshop(executor, limits=lp.Limits(time=0.4, output=1 << 23, failures=1 << 30))
    reply = "```python\n" + "def f(x): pass\n" * 12_000 + "```"
    with pytest.raises(ReplyError, match=r"can't be read safely.*more than 0.4 s.*short script"):
        workshop.read_reply(reply, "f")
    assert workshop.read_reply(GOOD, "f").source == GOOD
    workshop.close()


def test_what_takes_too_much_memory_is_refused(executor):
    workshop = Workshop(executor, limits=lp.Limits(time=20, memory=48 << 20, failures=1 << 30))
    source = "x = [" + "1," * 90_000 + "]\n" + GOOD
    with pytest.raises(ScriptError, match=r"crash|too large|memory"):
        workshop.size(source, "f")
    assert workshop.content_id(GOOD, "f") == content_id(GOOD, "f")
    workshop.close()


def test_a_broken_limit_is_charged_to_nobody_else(executor):
    workshop = Workshop(executor, limits=lp.Limits(time=0.2, output=1 << 23, failures=1 << 30))
    bomb = "x = [" + "-1," * 60_000 + "]\n"
    scripts = [Script(f"{GOOD}# {n}\nx = {n}\n", "f") for n in range(3)]
    scripts.insert(1, Script(bomb, "f"))
    workshop.identify(scripts)
    assert [s.id for s in scripts if s.source != bomb] == [
        content_id(s.source, "f") for s in scripts if s.source != bomb
    ]
    assert scripts[1].id in (text_id(bomb, "f"), content_id(bomb, "f"))
    workshop.close()


# Life


def test_any_thread_may_ask(workshop):
    sources = [f"def f(x):\n    return x + {n}\n" for n in range(200)]
    start = threading.Barrier(8)

    def ask(part):
        start.wait(timeout=20)
        return [workshop.content_id(source, "f") for source in sources[part::8]]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert found == [[content_id(s, "f") for s in sources[part::8]] for part in range(8)]


def test_after_closing_it_starts_again(executor):
    workshop = Workshop(executor)
    for _ in range(2):
        assert workshop.content_id(GOOD, "f") == content_id(GOOD, "f")
        workshop.close()
        workshop.close()


def test_it_ends_with_its_executor():
    executor = lp.LocalExecutor(workers=1)
    workshop = Workshop(executor)
    workshop.content_id(GOOD, "f")
    executor.close()
    workshop.close()
    with pytest.raises(SandboxError, match="the executor is closed"):
        workshop.content_id(GOOD, "f")


def test_optimizers_without_a_trainer_share_one():
    first, second = lp.MutationOptimizer(), lp.MutationOptimizer()
    assert first.workshop is second.workshop is Workshop.shared()
    own = Workshop(lp.InlineExecutor())
    first.workshop = own
    assert first.workshop is own
    first.workshop = None
    assert first.workshop is Workshop.shared()


# A process that was taken over


class Taken(lp.InlineExecutor):
    """Opens another script than it was asked to."""

    def __init__(self, source):
        super().__init__()
        self.source = source

    def open(self, script, limits):
        return super().open(Script(self.source, script.entry_point, id="taken"), limits)


@pytest.mark.parametrize(
    "answer",
    [
        "None",
        "3",
        "('ok', None)",
        "('ok', {'source': 'x'})",
        "('ok', [b'x', '../../../etc/passwd', []])",
        "('ok', ['x', '0' * 16, []])",
        "('ok', [b'\\xff', '0' * 16, []])",
        "('ok', [b'x', '0' * 16, ['[bold]']])",
        "('ok', [b'x', '0' * 16, [3]])",
        "('script', 'text')",
        "('reply', None)",
        "('strange', b'')",
    ],
)
def test_nonsense_from_the_process_is_refused(answer):
    workshop = Workshop(Taken(f"def handle(*args, **kwargs):\n    return {answer}\n"))
    with pytest.raises(ReplyError, match="answer nonsense"):
        workshop.read_reply(GOOD, "f")
    for _ in range(3):
        with pytest.raises(ScriptError, match="can't be read safely"):
            workshop.size(GOOD, "f")
    assert workshop.content_id(GOOD, "f") == text_id(GOOD, "f")


def test_reasons_from_the_process_are_cut():
    workshop = Workshop(
        Taken("def handle(*args, **kwargs):\n    return 'reply', b'\\xff' * 100_000\n")
    )
    with pytest.raises(ReplyError) as caught:
        workshop.read_reply(GOOD, "f")
    assert len(str(caught.value)) == 20_000


def test_a_reason_for_another_reader_is_still_one_for_this():
    workshop = Workshop(Taken("def handle(*args, **kwargs):\n    return 'reply', b'no'\n"))
    with pytest.raises(ScriptError, match="no"):
        workshop.mutate(GOOD, "f", 1)


def test_a_process_without_the_service_is_an_error_of_the_sandbox():
    with pytest.raises(SandboxError, match=r"the process that reads scripts failed.*handle"):
        Workshop(Taken("x = 1")).content_id(GOOD, "f")


def test_a_mistake_of_ours_costs_one_script_and_is_logged(caplog):
    workshop = Workshop(
        Taken("def handle(*args, **kwargs):\n    return 'defect', b'IndexError: 3'\n")
    )
    with pytest.raises(ScriptError, match="can't be read: IndexError: 3"):
        workshop.mutate(GOOD, "f", 1)
    assert "please report this: IndexError: 3" in caplog.text


def test_a_process_that_has_done_much_is_replaced_between_two_uses(monkeypatch):
    module = sys.modules["langprop.optim.workshop"]
    monkeypatch.setattr(module, "_WORN", 5)
    opened = []

    class Counting(lp.LocalExecutor):
        def open(self, script, limits):
            opened.append(script.id)
            return super().open(script, limits)

    with Counting(workers=1) as executor:
        workshop = Workshop(executor)
        source = "def f(x):\n    return x + 1\n"
        ids = {workshop.content_id(source, "f") for _ in range(20)}
        assert len(ids) == 1
        assert len(opened) == 4  # after each six operations
        failed = []

        def work():
            try:
                for _ in range(20):
                    ids.add(workshop.content_id(source, "f"))
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed
        assert len(ids) == 1
        workshop.close()
