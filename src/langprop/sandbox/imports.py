"""Imports: what scripts find loaded, and what they are told when they ask for more."""

from __future__ import annotations

import builtins
import contextlib
import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

# What scripts like to import; an import takes milliseconds, and each script would pay for it.
_WARM = [
    "bisect",
    "cmath",
    "collections",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "heapq",
    "itertools",
    "json",
    "math",
    "operator",
    "random",
    "re",
    "statistics",
    "string",
    "typing",
    "unicodedata",
]

# What they may like; where nothing can be loaded later, it has to be there.
_STANDARD = [
    "abc",
    "argparse",
    "array",
    "ast",
    "asyncio",
    "base64",
    "binascii",
    "calendar",
    "codecs",
    "collections.abc",
    "colorsys",
    "concurrent.futures.thread",
    "contextlib",
    "copyreg",
    "csv",
    "difflib",
    "dis",
    "encodings.ascii",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.utf_16",
    "encodings.utf_32",
    "fnmatch",
    "gc",
    "getopt",
    "glob",
    "graphlib",
    "hashlib",
    "hmac",
    "html",
    "inspect",
    "io",
    "ipaddress",
    "keyword",
    "linecache",
    "locale",
    "logging",
    "numbers",
    "opcode",
    "os.path",
    "pathlib",
    "pickle",
    "pkgutil",
    "platform",
    "pprint",
    "queue",
    "quopri",
    "reprlib",
    "sched",
    "secrets",
    "select",
    "selectors",
    "shlex",
    "shutil",
    "signal",
    "stat",
    "struct",
    "symtable",
    "sysconfig",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "timeit",
    "token",
    "tokenize",
    "traceback",
    "types",
    "unittest",
    "urllib.parse",
    "uuid",
    "warnings",
    "weakref",
    "zipfile",
    "zlib",
    "zoneinfo",
    "langprop.scripts.mutation.body",  # and what the workshop runs
    "langprop.scripts.mutation.example",
    "langprop.scripts.mutation.mutation",
    "langprop.scripts.service",
]
_PARTS = {"numpy": ("fft", "linalg", "ma", "polynomial", "random", "testing")}

_REHEARSALS = 3
_OWN = ("langprop", "libcst", "msgpack")


class _Guide:  # not a MetaPathFinder: importing that takes 4 ms
    """Tells scripts in their own words why a module can't be imported.

    It is no barrier, the kernel is: without this, scripts would see a `PermissionError` for a file,
    which `except ImportError` doesn't catch.
    """

    def __init__(self, names: Sequence[str], *, sealed: bool) -> None:
        self._names = names
        self._sealed = sealed

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
        /,
    ) -> ModuleSpec | None:
        """Leave it to others, or raise."""
        del path, target
        top = fullname.partition(".")[0]
        known = top in sys.stdlib_module_names or top in self._names or top in _OWN
        if not known:
            allowed = ", ".join(["the standard library", *self._names])
            raise ModuleNotFoundError(
                f"No module named {fullname!r}; scripts may import {allowed}", name=fullname
            )
        if self._sealed:
            raise ModuleNotFoundError(
                f"No module named {fullname!r}: it isn't loaded, and a sealed sandbox can't load "
                "it",
                name=fullname,
            )
        return None


def warm_up(names: Sequence[str], *, everything: bool) -> None:
    """Import what scripts are likely to want.

    Args:
        names: Packages that they may import. Only numpy is imported before it is asked for, unless
            nothing can be imported later.
        everything: Whether nothing can be imported later.

    Raises:
        ImportError: A standard module is missing.
    """
    for name in _WARM:
        importlib.import_module(name)
    for name in names if everything else ["numpy"]:
        _load(name)
        for part in _PARTS.get(name, ()) if everything else ("linalg", "random"):
            _load(f"{name}.{part}")
    for name in _STANDARD if everything else ():
        _load(name)
    if everything:
        _rehearse()
    importlib.import_module("langprop.sandbox.arrays")
    _add_site_builtins()
    sys.meta_path.insert(0, _Guide(names, sealed=everything))


def _rehearse() -> None:
    """Do once what the workshop will do, as libraries import some of their parts on first use."""
    handle = importlib.import_module("langprop.scripts.service").handle
    stub, name = b"def f(x: int) -> list[int]:\n    return [x + 1]\n", "f"
    options = {"donor": stub, "example": None, "max_size": 99, "edits": 1}
    for seed in range(_REHEARSALS):
        handle("mutate", stub, name, seed, **options)
    handle("random_body", stub, name, 0, None)
    handle("read_reply", b"```python\n" + stub + b"```", name, stub, False)


def _load(name: str) -> None:
    with contextlib.suppress(Exception):  # a package may be broken; scripts will see it
        importlib.import_module(name)


def _add_site_builtins() -> None:
    """`exit` and `quit`, which the interpreter was started without."""
    vars(builtins).setdefault("exit", sys.exit)
    vars(builtins).setdefault("quit", sys.exit)
