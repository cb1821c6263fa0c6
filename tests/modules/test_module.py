"""The class that users subclass: reading samples, checking itself, being called."""

import math

import numpy as np
import pytest

import langprop as lp
from langprop.errors import DataError, ModuleError


class Double(lp.Module):
    stub = 'def double(x):\n    """Double a number."""\n'

    def score(self, output, label):
        return float(output == label)


def test_the_entry_point_comes_from_the_stub():
    assert Double().entry_point == "double"


def test_a_subclass_may_forget_to_call_init():
    class Forgetful(Double):
        def __init__(self):
            self.extra = 1

    assert len(Forgetful().population) == 0
    assert Double().population is not Double().population


@pytest.mark.parametrize(
    ("sample", "read"),
    [
        (((3,), 6), ((3,), {}, 6)),
        ([[3], 6], ((3,), {}, 6)),
        (((3,), {"y": 1}, 6), ((3,), {"y": 1}, 6)),
        ({"args": (3,), "label": 6}, ((3,), {}, 6)),
        ({"kwargs": {"x": 3}, "label": 6}, ((), {"x": 3}, 6)),
        (((), None), ((), {}, None)),
    ],
)
def test_samples_that_can_be_read(sample, read):
    assert Double().read(sample) == read


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ((3, 6), r"write \(\(x,\), label\)"),
        (("text", 6), "must be a tuple"),
        (3, "override Module.preprocess"),
        ("ab", "override Module.preprocess"),
        ({"x": 1}, "keys 'args', 'kwargs' and 'label'"),
        (((3,),), "args, label"),
        (((3,), {}, 1, 2), "args, label"),
        (((3,), {1: 2}, 6), "names as keys"),
        (((3,), 5, 6), "keyword arguments"),
        (None, "override Module.preprocess"),
    ],
)
def test_samples_that_cannot_be_read_say_what_to_write(sample, message):
    with pytest.raises(DataError, match=message):
        Double().read(sample)


def test_an_error_in_preprocess_is_a_data_error():
    class Broken(Double):
        def preprocess(self, sample):
            return (sample["x"],), sample["y"]

    with pytest.raises(DataError, match="KeyError: 'y'"):
        Broken().read({"x": 1})


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"stub": ""}, "needs the name"),
        ({"stub": "def f(:"}, "valid Python"),
        ({"stub": "def f(): ...", "entry_point": "g"}, "no function 'g'"),
        ({"exception_score": math.nan}, "finite"),
        ({"seeds": ["def other(x): return x"]}, "no function 'double'"),
        ({"seeds": ["def double(x) return x"]}, "valid Python"),
        ({"stub": "", "entry_point": "not a name"}, "needs the name"),
    ],
)
def test_a_specification_that_cannot_work_is_refused(attributes, message):
    with pytest.raises(ModuleError, match=message):
        type("Bad", (Double,), attributes)()


def test_a_stub_is_made_of_a_seed():
    module = type(
        "Seeded",
        (Double,),
        {"stub": "", "seeds": ["import math\ndef double(x):\n    'Doc.'\n    return x"]},
    )()
    assert module.entry_point == "double"
    assert module.stub.splitlines()[0] == "import math"
    assert "return" not in module.stub


def test_an_implementation_as_the_stub_is_the_seed():
    module = type("Implemented", (Double,), {"stub": "def double(x):\n    return x\n"})()
    assert module.seeds == ["def double(x):\n    return x\n"]


def test_an_untrained_module_says_so(tmp_path):
    for use in (
        lambda: Double()(1),
        lambda: Double().source,
        lambda: Double().export(tmp_path / "x.py"),
    ):
        with pytest.raises(ModuleError, match="isn't trained"):
            use()


def test_score_must_be_defined():
    with pytest.raises(NotImplementedError, match="score"):
        lp.Module.score(Double(), 1, 2)


@pytest.mark.parametrize(
    ("output", "label", "equal"),
    [
        (6, 6, 1.0),
        (6.0, 6, 1.0),
        (6, 7, 0.0),
        (None, 6, 0.0),
        (math.nan, math.nan, 1.0),
        ([1, 2], [1, 2], 1.0),
        ([1, 2], (1, 2), 0.0),
        ((1, [2, np.arange(3)]), (1, [2, np.arange(3)]), 1.0),
        (np.arange(3), np.arange(3), 1.0),
        (np.arange(3), np.arange(4), 0.0),
        (np.arange(3), [0, 1, 2], 1.0),
        (np.array([1.0, math.nan]), np.array([1.0, math.nan]), 1.0),
        (np.array(["a"]), np.array([1]), 0.0),
        ({"a": np.ones(2)}, {"a": np.ones(2)}, 1.0),
        ({"a": 1}, {"b": 1}, 0.0),
        ("a", "a", 1.0),
        ({1, 2}, {2, 1}, 1.0),
    ],
)
def test_exact_match(output, label, equal):
    assert lp.exact_match(output, label) == equal
