"""What `langprop.driving` offers."""

from __future__ import annotations

import subprocess
import sys

import pytest

import langprop.driving


def test_every_name_is_there():
    for name in langprop.driving.__all__:
        assert getattr(langprop.driving, name).__name__ == name, name
    assert set(langprop.driving.__all__) == set(langprop.driving._HOME)


def test_there_is_nothing_else():
    with pytest.raises(AttributeError, match="no attribute 'driver'"):
        _ = langprop.driving.driver


def test_importing_it_loads_no_simulator():
    code = "import sys, langprop.driving as d; d.RouteTask; print([m for m in ('libsumo', 'carla',"
    code += " 'numpy', 'gymnasium', 'matplotlib') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout == "[]\n"
