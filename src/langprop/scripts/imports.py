"""Imports: those that a script needs and doesn't have, where it is clear what is meant."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import itertools
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache

from langprop.scripts.names import Names, bound


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Modules that scripts use, each by its own name. Importing them has no effect that anybody sees.
_MODULES = _words(
    "abc argparse array ast base64 binascii bisect calendar cmath collections contextlib copy "
    "csv dataclasses datetime decimal difflib enum fractions functools gc hashlib heapq html "
    "inspect io itertools json keyword logging math numbers operator os pathlib pprint queue "
    "random re secrets statistics string struct sys textwrap threading time timeit traceback "
    "types typing unicodedata uuid warnings weakref zlib"
)

# Packages, by the names that everybody gives them; only those that scripts may import are.
_PACKAGES = {
    "np": "import numpy as np",
    "numpy": "import numpy",
    "pd": "import pandas as pd",
    "pandas": "import pandas",
    "pl": "import polars as pl",
    "polars": "import polars",
    "scipy": "import scipy",
    "nx": "import networkx as nx",
    "networkx": "import networkx",
    "plt": "import matplotlib.pyplot as plt",
    "torch": "import torch",
    "nn": "from torch import nn",
    "sympy": "import sympy",
    "shapely": "import shapely",
    "sklearn": "import sklearn",
}

# What is taken from a module so often that the name alone tells which.
_MEMBERS = {
    name: module
    for module, names in {
        "abc": "ABC abstractmethod",
        "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
        "collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple",
        "contextlib": "contextmanager suppress nullcontext redirect_stdout",
        "copy": "deepcopy",
        "dataclasses": "dataclass asdict astuple",
        "datetime": "datetime timedelta",
        "decimal": "Decimal getcontext",
        "enum": "Enum IntEnum IntFlag StrEnum",
        "fractions": "Fraction",
        "functools": "cache cached_property cmp_to_key lru_cache partial reduce singledispatch "
        "total_ordering wraps",
        "heapq": "heapify heappop heappush heappushpop heapreplace nlargest nsmallest",
        "io": "StringIO BytesIO",
        "itertools": "accumulate chain combinations combinations_with_replacement dropwhile "
        "groupby islice pairwise permutations product starmap takewhile zip_longest filterfalse",
        "math": "isqrt factorial gcd lcm comb perm isclose",
        "operator": "itemgetter attrgetter methodcaller",
        "pathlib": "Path",
        "types": "SimpleNamespace MappingProxyType",
        "typing": "Any AnyStr Callable ClassVar DefaultDict Deque Dict Final FrozenSet Generator "
        "Generic Hashable Iterable Iterator List Literal Mapping MutableMapping MutableSequence "
        "NamedTuple NoReturn Optional Protocol Sequence Set Sized Tuple Type TypeAlias TypedDict "
        "TypeVar Union cast overload NewType",
    }.items()
    for name in names.split()
}

# Functions that numpy has, too: of `math` only where nothing tells of numpy.
_FLOATS = _words(
    "sqrt sin cos tan asin acos atan atan2 sinh cosh tanh exp floor ceil hypot radians degrees "
    "log2 log10 isnan isinf copysign fabs fmod fsum pi inf nan tau"
)
# Words that a variable may be called, too: only where they are nothing but called.
_VAGUE = _words(
    "accumulate cache chain comb combinations factorial partial perm permutations product reduce "
    "suppress bisect degrees radians floor ceil exp log"
)
# Names that may be something else: only beside something that is surely of that module.
_BESIDE = {
    "field": ("dataclasses", "dataclass"),
    "auto": ("enum", "Enum"),
    "date": ("datetime", "timedelta"),
    "log": ("math", "exp"),
}


def missing_imports(names: Names, *, known: Iterable[str] = (), more: str = "") -> list[str]:
    """Import statements for names that are lacking, where it is clear what they mean.

    Args:
        names: Of the script.
        known: Names that are bound elsewhere.
        more: Source that the script goes with, such as its specification.

    Returns:
        Statements, sorted; what can't be imported here is left out.
    """
    lacks = names.lacking - set(known)
    if not lacks or "NameError" in names.bare:  # it knows that something may be missing
        return []
    plain: set[str] = set()
    members: dict[str, list[str]] = {}
    for name in sorted(lacks):
        line = _statement(name, names, more)
        if not line or not _works(line):
            continue
        module, found, member = line.partition(" import ")
        if found:
            members.setdefault(module, []).append(member)
        else:
            plain.add(line)
    lines = [f"{module} import {', '.join(found)}" for module, found in members.items()]
    return sorted(plain) + sorted(lines)


def statements_for(nodes: Sequence[ast.stmt], lacks: set[str]) -> list[str]:
    """Of the imports of another piece of source those that bind a name that is lacking."""
    lines = []
    for node in nodes:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        if isinstance(node, ast.ImportFrom) and (node.level or node.module == "__future__"):
            continue
        names = [name for name in node.names if set(bound(name)) & lacks]
        if names:
            part = (
                ast.Import(names)
                if isinstance(node, ast.Import)
                else ast.ImportFrom(node.module, names, 0)
            )
            lines.append(ast.unparse(part))
    return lines


def with_imports(source: str, tree: ast.Module, lines: Sequence[str]) -> str:
    """Source with more imports: below its docstring, above its own."""
    body = list(itertools.dropwhile(lambda n: _is_docstring(n) or _is_future(n), tree.body))
    text = source.split("\n")
    if not body:
        return "\n".join([*text, *lines])
    first = body[0]
    place = min([first.lineno, *(each.lineno for each in getattr(first, "decorator_list", ()))]) - 1
    before = tree.body[: len(tree.body) - len(body)]
    top = (before[-1].end_lineno or 0) if before else 0
    if top > place:  # on one line, by a semicolon
        if any(map(_is_future, before)):
            return source
        top = place = 0
    if isinstance(first, (ast.Import, ast.ImportFrom)):
        return "\n".join([*text[:place], *lines, *text[place:]])
    while place > top and text[place - 1].startswith("#"):  # a comment belongs to what follows
        place -= 1
    return "\n".join([*text[:place], *lines, "", "", *text[place:]])


def _statement(name: str, names: Names, more: str) -> str:
    """The import that a name needs; "" if that isn't clear."""
    if name in _PACKAGES:
        return _PACKAGES[name]
    used = names.attributes.get(name, set())
    alone = name in names.bare or name in names.called
    as_module = name in _MODULES and not alone and _has(name, "", used)
    module = _MEMBERS.get(name)
    if name in _FLOATS and not _tells_of_numpy(names, more):
        module = "math"
    if name in _BESIDE:
        other, beside = _BESIDE[name]
        near = {each for each in names.lacking if _MEMBERS.get(each) == other} | {beside}
        if near & names.read or (other == "math" and names.lacking & _FLOATS):
            module = other if other != "math" or not _tells_of_numpy(names, more) else None
    vague = name in _VAGUE and name in names.bare
    as_member = module is not None and not vague and _has(module, name, used)
    if as_module == as_member:
        return ""
    return f"import {name}" if as_module else f"from {module} import {name}"


def _tells_of_numpy(names: Names, more: str) -> bool:
    known = {"np", "numpy"}
    return bool(
        known & names.read or known & set(names.bound) or "numpy" in more or "*" in names.bound
    )


def _has(module: str, name: str, attributes: set[str]) -> bool:
    """Whether there is such a thing, with such attributes."""
    try:
        thing = importlib.import_module(module)
        thing = getattr(thing, name) if name else thing
    except (ImportError, AttributeError):
        return False
    return all(hasattr(thing, attribute) for attribute in attributes)


@lru_cache(maxsize=512)
def _works(statement: str) -> bool:
    """Whether scripts can import it: they run in a process like this one."""
    top = statement.split()[1].partition(".")[0]
    if top in sys.stdlib_module_names:  # looked at already
        return True
    try:
        return importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        return False


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"
