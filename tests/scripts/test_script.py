"""Script: its id is computed when it is asked for, and only then."""

import copy
import dataclasses
import pickle
import subprocess
import sys

import pytest

from langprop.scripts.parsing import content_id, text_id
from langprop.scripts.script import Script

SOURCE = "def f(x):\n    return x\n"


def test_the_id_is_computed_on_demand_and_stays():
    script = Script(SOURCE, "f")
    assert not script.identified
    assert script.id == content_id(SOURCE, "f")
    assert script.identified


def test_an_id_from_elsewhere_is_taken_and_one_that_is_known_stays():
    script = Script(SOURCE, "f")
    script.identify("0" * 16)
    script.identify("1" * 16)
    assert script.id == "0" * 16
    assert Script(SOURCE, "f", id="2" * 16).id == "2" * 16


def test_copies_know_what_the_original_knows():
    for make in (copy.copy, copy.deepcopy, lambda script: pickle.loads(pickle.dumps(script))):
        known, unknown = Script(SOURCE, "f", id="0" * 16), Script(SOURCE, "f")
        assert make(known).id == "0" * 16
        assert not make(unknown).identified
        assert make(unknown) == unknown


def test_scripts_are_frozen_and_have_no_other_attributes():
    script = Script(SOURCE, "f")
    with pytest.raises(dataclasses.FrozenInstanceError):
        script.source = ""
    with pytest.raises(AttributeError, match="'Script' object has no attribute 'colour'"):
        _ = script.colour


def test_showing_a_script_computes_nothing():
    script = Script("(" * 50, "f", origin="a model")
    assert repr(script) == "<Script without an id entry_point='f' origin='a model'>"
    assert not script.identified
    script.identify("0" * 16)
    assert repr(script) == "<Script 0000000000000000 entry_point='f' origin='a model'>"


@pytest.mark.parametrize("source", ["x = 0x" + "f" * 50_000, "x = " + "1" * 50_000, "x = '\ud800'"])
def test_what_has_no_normal_form_is_known_by_its_text(source):
    assert content_id(source, "f") == text_id(source, "f")


def test_the_mutations_are_loaded_on_first_use():
    program = (
        "import sys, langprop.scripts.mutation as m, langprop.scripts.service\n"
        "assert 'libcst' not in sys.modules\n"
        "assert m.mutate.__module__ == 'langprop.scripts.mutation.mutation'\n"
        "assert 'libcst' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
