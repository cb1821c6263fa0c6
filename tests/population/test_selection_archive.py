"""Archive: the best of each kind, by pyribs."""

import subprocess
import sys

import numpy as np
import pytest

from langprop.errors import ConfigError, MissingDependency
from langprop.population import Population, Record
from langprop.population.selection import as_selection
from langprop.scripts.script import Script

try:
    import ribs as _ribs  # noqa: F401 - only whether it is there
except ImportError:
    _MISSING = True
else:
    _MISSING = False

needs_ribs = pytest.mark.skipif(_MISSING, reason="pyribs isn't installed: the extra `qd`")


def by_length(policy):
    """Descriptors: characters of the source, and whether it has a loop."""
    return len(policy.script.source) / 100, float("for" in policy.script.source)


def population(*scored):
    made = Population()
    made.add([Script(source, "f", id=source) for source, _ in scored])
    made.tell({source: [Record(0, "ok", score)] for source, score in scored})
    return made


def archive(**settings):
    return as_selection(
        {"class_path": "archive", "init_args": {"descriptors": by_length, **settings}}
    )


@needs_ribs
def test_the_best_of_each_cell_survives():
    made = population(("a" * 10, -5.0), ("b" * 11, -7.0), ("c" * 90, -9.0), ("for" * 4, -8.0))
    made.add([Script("d" * 95, "f", id="new")])  # never judged: behind negative scores
    made.truncate(10, archive(dims=(4, 2)))
    assert [policy.id for policy in made.policies] == ["a" * 10, "for" * 4, "c" * 90]
    made.truncate(2, archive(dims=(4, 2)))
    assert [policy.id for policy in made.policies] == ["a" * 10, "for" * 4]


@needs_ribs
def test_parents_are_any_of_the_best_of_each_kind():
    made = population(("a" * 10, 5.0), ("b" * 11, 4.0), ("c" * 90, 1.0))
    made.truncate(10)
    rule, rng = archive(dims=(4, 2)), np.random.default_rng(0)
    drawn = [rule(made.policies, 1, rng)[0].id[0] for _ in range(300)]
    assert set(drawn) == {"a", "c"}
    assert 90 < drawn.count("a") < 210
    assert len(rule(made.policies, 9, rng)) == 2


@needs_ribs
def test_what_is_outside_of_the_ranges_belongs_to_the_edge():
    made = population(("a" * 500, 5.0), ("b" * 99, 4.0))
    made.truncate(10, archive())
    assert [policy.id[0] for policy in made.policies] == ["a"]


@needs_ribs
@pytest.mark.parametrize(
    ("descriptors", "text"),
    [
        (lambda policy: (1.0,), "must return 2 finite numbers"),
        (lambda policy: (1.0, float("nan")), "must return 2 finite numbers"),
        (lambda policy: policy.nothing, "AttributeError"),
        (lambda policy: None, "TypeError"),
    ],
)
def test_wrong_descriptors_are_told(descriptors, text):
    made = population(("a", 1.0))
    with pytest.raises(ConfigError, match=text):
        made.truncate(3, archive(descriptors=descriptors))


@needs_ribs
@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"dims": (0, 2)}, "dims"),
        ({"dims": ()}, "dims"),
        ({"dims": (4, 4, 4)}, "ranges"),
        ({"ranges": ((1, 0), (0, 1))}, "ranges"),
        ({"ranges": ((0, float("inf")), (0, 1))}, "ranges"),
        ({"descriptors": 3}, "must be a function"),
        ({"descriptors": "no.such:function"}, "no module"),
    ],
)
def test_settings_make_sense(settings, text):
    with pytest.raises(ConfigError, match=text):
        archive(**settings)


@needs_ribs
def test_descriptors_may_be_named():
    rule = as_selection("archive:math:hypot")
    assert rule.settings()["descriptors"] == "hypot"


def test_without_pyribs_the_extra_is_named():
    code = (
        "import sys; sys.modules['ribs'] = None\n"
        "from langprop.population.selection import as_selection\n"
        "as_selection('archive:math:hypot')"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    assert MissingDependency.__name__ in result.stderr
    assert "pip install 'langprop[qd]'" in result.stderr
