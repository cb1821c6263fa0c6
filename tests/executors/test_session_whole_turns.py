"""Turns whose answers come in one frame: what is asked again, and what a script may forge."""

import pytest

import langprop as lp
from langprop.executors.base import SessionCall
from langprop.sandbox.answers import Answers


@pytest.fixture(scope="module")
def executor():
    with lp.LocalExecutor(workers=2) as made:
        yield made


def opened(executor, body, **limits):
    source = f"import os, struct, time\nimport numpy as np\ndef f(x):\n    {body}\n"
    return executor.open(lp.Script(source, "f"), lp.Limits(**{"time": 0.5, **limits}))


def calls(*arguments):
    return [SessionCall(place, (each,), {}) for place, each in enumerate(arguments)]


@pytest.mark.parametrize("n_calls", [1, 2, 64, 3_000])
def test_all_kinds_of_answers_in_turns_of_any_length(executor, n_calls):
    body = "return [x, float(x), (x, [x]), {x: None}, 'x' * (x % 90), 1 << x % 99, None][x % 7]"
    with opened(executor, body, time=30) as session:
        session.begin(calls(*range(n_calls)))
        outcomes = session.finish()
        assert len(outcomes) == n_calls
        for x, outcome in enumerate(outcomes):
            kinds = [x, float(x), (x, [x]), {x: None}, "x" * (x % 90), 1 << x % 99, None]
            assert (outcome.status, outcome.output) == ("ok", kinds[x % 7])


def test_numbers_come_without_an_object_for_each(executor):
    with opened(executor, "return x + 0.5") as session:
        session.call(0.0)  # loading may take longer than an answer waits for others
        found = []
        for _ in range(20):
            session.begin([SessionCall(0, (float(x),), {}) for x in range(8)])
            found.append(session.finish())
            assert [each.output for each in found[-1]] == [x + 0.5 for x in range(8)]
        assert any(type(each) is Answers for each in found)
        assert type(session.call_many(calls(1, 2))) is list


def test_large_arrays_beside_numbers(executor):
    with opened(executor, "return np.full(100_000, x) if x % 2 else x") as session:
        for _ in range(2):
            outcomes = session.call_many(calls(*range(5)))
            assert [o.output if n % 2 == 0 else o.output[-1] for n, o in enumerate(outcomes)] == [
                0,
                1,
                2,
                3,
                4,
            ]


def test_calls_that_are_made_again_after_a_crash_take_their_places(executor):
    body = "if x in (2, 5): os._exit(3)\n    time.sleep(0.001)\n    return x"
    with opened(executor, body, failures=9) as session:
        outcomes = session.call_many(calls(*range(8)))
        expected = [("crash", None) if x in (2, 5) else ("ok", x) for x in range(8)]
        assert [(each.status, each.output) for each in outcomes] == expected


FORGERY = """
import os, struct
HEADER = struct.Struct("<IIBdI")
TURN = 0xFFFF_FFFE

def send(payload, code=0, index=TURN):
    frame = HEADER.pack(len(payload), index, code, 0.0, 0) + payload
    for fd in range(3, 200):
        try:
            os.write(fd, frame)
        except OSError:
            pass

def f(x):
    if x == 1:
        {}
    return x
"""


@pytest.mark.parametrize(
    "forgery",
    [
        "send(bytes(24) + bytes([7, 8, 9]))",  # lies about its own answers only
        "for _ in range(3): send(bytes(24) + bytes([7, 8, 9]))",
        "send(bytes([7]), index=0); send(bytes(24) + bytes([7, 8, 9]))",
        "send(bytes(24) + bytes([7, 8, 9])); send(bytes([7]), index=0)",
        "send(bytes(24) + bytes([7, 8]))",
        "send(bytes(24) + b'\\xdd\\xff\\xff\\xff\\xff\\1')",
        "send(bytes(24) + b'\\x91' * 1900 + b'\\1\\2\\3')",
        "send(b'\\xff' * 24 + bytes([7, 8, 9]))",
        "send(bytes(24) + bytes([7, 8, 9]), code=3)",
        "send(bytes(24) + bytes([7, 8, 9]), code=0x80)",
        "send(b'')",
        "send(bytes(100_000))",
    ],
)
def test_who_forges_a_turn_harms_nobody_else(executor, forgery):
    limits = lp.Limits(time=0.5, failures=99)
    with executor.open(lp.Script(FORGERY.format(forgery), "f"), limits) as session:
        for _ in range(3):
            outcomes = session.call_many(calls(0, 1, 2))
            assert len(outcomes) == 3
            for place, outcome in enumerate(outcomes):
                assert outcome.status in ("ok", "crash", "timeout", "bad_output", "memory")
                if outcome.status == "ok":
                    assert outcome.output in (place, 7 + place, 7)
                assert 0 <= outcome.seconds < 1e9
    with opened(executor, "return x") as session:
        assert [each.output for each in session.call_many(calls(1, 2))] == [1, 2]
