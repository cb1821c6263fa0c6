from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="isolation needs Linux")

if sys.platform == "linux":
    sys.path.insert(0, str(Path(__file__).parent))
    from attacks import ordinary_user
    from attacks.catalogue import GROUPS, catalogue
    from attacks.configurations import CONFIGURATIONS, Unavailable
    from attacks.table import render

    ATTACKS = catalogue()
else:
    ATTACKS, GROUPS, CONFIGURATIONS = [], (), {}

AUTO = [each for each in CONFIGURATIONS.values() if each.name == "auto"]
OTHERS = [each for each in CONFIGURATIONS.values() if each.name != "auto"]
QUICK = [attack for attack in ATTACKS if not (attack.hangs or attack.slow)]
HANGING = [attack for attack in ATTACKS if attack.hangs and not attack.slow]
SLOW = [attack for attack in ATTACKS if attack.slow]


def each_in(configurations, attacks):
    """Attacks in configurations; apart, so that one sandbox serves all of a configuration."""

    def decorate(test):
        test = pytest.mark.parametrize("attack", attacks, ids=lambda attack: attack.name)(test)
        kinds = {"indirect": True, "scope": "module", "ids": lambda each: each.name}
        return pytest.mark.parametrize("arena", configurations, **kinds)(test)

    return decorate


@pytest.fixture(scope="module")
def arena(request):
    """One sandbox for each configuration; the attacks are run in it one after the other."""
    try:
        arena = request.param.arena()
    except Unavailable as error:
        pytest.skip(str(error))
    with arena:
        yield request.param, arena


def check(arena, attack):
    configuration, arena = arena
    if reason := configuration.skips(attack):
        pytest.skip(reason)
    verdict = arena.run(attack)
    assert configuration.problems(attack, verdict) == [], attack.idea


@each_in([*AUTO, *OTHERS], QUICK)
def test_attack(arena, attack):
    check(arena, attack)


@each_in(AUTO, HANGING)
def test_attack_that_hangs(arena, attack):
    check(arena, attack)


@pytest.mark.slow  # each waits for the time limit, which is enforced in the same way everywhere
@each_in(OTHERS, HANGING)
def test_attack_that_hangs_elsewhere(arena, attack):
    check(arena, attack)


@pytest.mark.slow
@each_in([*AUTO, *OTHERS], SLOW)
def test_attack_that_takes_long(arena, attack):
    check(arena, attack)


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="this is no root already")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name == "auto" else [pytest.mark.slow])
        for name in CONFIGURATIONS
    ],
)
def test_all_attacks_as_an_ordinary_user(name):
    results = ordinary_user.measure([name], quick=True)
    if isinstance(results[name], str):
        pytest.skip(results[name])
    assert len(results[name]) >= 150
    problems = {each: what["problems"] for each, what in results[name].items() if what["problems"]}
    assert problems == {}


def test_there_are_enough_attacks():
    count = {group: sum(attack.group == group for attack in ATTACKS) for group in GROUPS}
    assert sum(count.values()) >= 150
    assert min(count.values()) >= 20, count
    assert len({attack.idea for attack in ATTACKS}) == len(ATTACKS)  # one idea each


def test_the_table():
    fine = {"escapes": [], "problems": []}
    leak = {"escapes": ["read labels in a file"], "problems": []}
    columns = {"auto": {"time/a": fine, "leaks/b": leak}, "bwrap": "it isn't installed"}
    lines = list(render(columns))
    assert "| leaks | 0/1 |" in lines
    assert "| **all** | 1/2 |" in lines
    assert "\nauto, not contained: leaks/b" in lines
    assert "\nbwrap: not run. it isn't installed" in lines
