"""The public surface."""

import subprocess
import sys

import langprop as lp


def test_every_public_name_is_there_and_typed():
    for name in lp.__all__:
        assert getattr(lp, name) is not None
    assert dir(lp) == sorted(lp.__all__)


def test_type_checkers_see_the_same_names():
    import ast
    import inspect

    tree = ast.parse(inspect.getsource(lp))
    typed = {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("langprop.")
        for alias in node.names
    }
    assert typed == set(lp.__all__) - {"__version__"}


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(lp, "Nonsense")


def test_the_decorator_is_not_hidden_by_a_submodule():
    code = "import langprop.modules.module, langprop as lp; assert callable(lp.module), lp.module"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_import_loads_no_third_party_package():
    code = (
        "import sys; before = set(sys.modules); import langprop; "
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(*sorted(new - set(sys.stdlib_module_names)))"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True
    )
    assert result.stdout.split() == ["langprop"]
