"""Bundle: scripts that call each other as one plain Python file, which needs no langprop.

Where no name of one script means something in another, their sources stand one after the other in
the file, as a person would have written them. Otherwise each is kept as text, and executed in a
namespace of its own.
"""

from __future__ import annotations

import ast
import io
import symtable
from collections.abc import Sequence
from dataclasses import dataclass

from langprop.errors import ScriptError
from langprop.scripts.parsing import parse
from langprop.scripts.script import Script

# What looks at the names or at the file that it stands in: it may see those of others there.
_WATCHFUL = {
    "__builtins__",
    "__doc__",
    "__file__",
    "__loader__",
    "__name__",
    "__package__",
    "__spec__",
    "dir",
    "eval",
    "exec",
    "globals",
    "locals",
    "vars",
}

_NAMESPACES = '''\
"""{entry_point}, with the functions that it calls, each in a namespace of its own."""

import linecache as _linecache
import sys as _sys
import types as _types

# By name: the other functions that it calls, and its source.
_SCRIPTS = {{
{scripts}}}

_functions, _spaces = {{}}, {{}}


def _later(name):
    def call(*args, **kwargs):
        return _functions[name](*args, **kwargs)

    call.__name__ = call.__qualname__ = name
    return call


_calls = {{_name: _later(_name) for _name in _SCRIPTS}}
for _name, (_others, _source) in _SCRIPTS.items():
    _file = "<script " + _name + ">"
    _linecache.cache[_file] = (len(_source), None, _source.splitlines(True), _file)
    _module = _types.ModuleType(__name__ + "." + _name)
    _sys.modules[_module.__name__] = _module  # where dataclasses and others look
    _spaces[_name] = vars(_module)
    _spaces[_name].update((_other, _calls[_other]) for _other in _others)
    exec(compile(_source, _file, "exec", dont_inherit=True), _spaces[_name])
    _functions[_name] = _spaces[_name][_name]
for _name, (_others, _) in _SCRIPTS.items():  # all are there: no more detours
    for _other in _others:
        if _spaces[_name].get(_other) is _calls[_other]:
            _spaces[_name][_other] = _functions[_other]

{entry_point} = _functions["{entry_point}"]
'''


def bundle(script: Script, *, parsed: bool = True) -> str:
    """A script and those that it calls as one plain Python file.

    Args:
        script: With those that it depends on.
        parsed: Whether the sources may be parsed here, to see if they can stand side by side; if
            not, each gets a namespace of its own. Both files do the same.

    Returns:
        Source; that of the script itself if it depends on no other.
    """
    if not script.depends:
        return script.source
    scripts = (*script.depends, script)
    try:
        joined = _joined(scripts) if parsed else None
    except (ScriptError, SyntaxError, ValueError, RecursionError, MemoryError):
        joined = None
    return joined if joined is not None else _apart(scripts)


def _joined(scripts: Sequence[Script]) -> str | None:
    """The sources one after the other; None if they would mean something else there."""
    trees = [parse(script.source) for script in scripts]
    futures = [_futures(tree) for tree in trees]
    if any(names != futures[0] for names in futures) or not _separable(scripts, trees):
        return None
    parts = [f"from __future__ import {', '.join(sorted(futures[0]))}\n"] if futures[0] else []
    for script, tree in zip(scripts, trees, strict=True):
        text = _without_futures(script.source, tree)
        if text is None:
            return None
        callers = [other.entry_point for other in scripts if script.entry_point in other.uses]
        note = f", called by {', '.join(callers)}" if callers else ""
        parts.append(f"# {script.entry_point}{note}\n\n{text.strip()}\n")
    joined = "\n\n".join(parts)
    parse(joined)
    return joined


@dataclass(frozen=True)
class _Names:
    """The global names of a script.

    Attributes:
        bound: What it binds.
        imported: What it binds by one import at the top level and by nothing else: what is
            imported, by name.
        read: What it reads.
    """

    bound: set[str]
    imported: dict[str, str]
    read: set[str]


def _separable(scripts: Sequence[Script], trees: Sequence[ast.Module]) -> bool:
    """Whether no name of one script means something in another, but those that it may call."""
    names = [_names(script.source, tree) for script, tree in zip(scripts, trees, strict=True)]
    for script, own in zip(scripts, names, strict=True):
        # The last one is what the file is for, and may ask for its name.
        if (_WATCHFUL - {"__name__"} if script is scripts[-1] else _WATCHFUL) & own.read:
            return False
        for other, its in zip(scripts, names, strict=True):
            if other is script:
                continue
            meant = {other.entry_point} & set(script.uses) - own.bound
            common = its.bound & (own.bound | own.read) - meant
            if any(own.imported.get(name, "") != its.imported.get(name) for name in common):
                return False
    return True


def _names(source: str, tree: ast.Module) -> _Names:
    """The global names of a script, with those of its functions.

    Raises:
        ScriptError: A star import: nobody knows which names it binds.
    """
    top = symtable.symtable(source, "<script>", "exec")
    bound, assigned, read = set(), set(), set()
    tables = [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if table is not top and not symbol.is_global():
                continue
            name = symbol.get_name()
            if symbol.is_assigned() or symbol.is_imported():
                bound.add(name)
            if symbol.is_assigned() or (table is not top and symbol.is_imported()):
                assigned.add(name)
            if symbol.is_referenced():
                read.add(name)
    imports: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            source_name = f"{node.level} {node.module}" if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                if alias.name == "*":
                    raise ScriptError("a star import")
                # `import a.b` and `import a.c` both bind a.
                name = alias.asname or alias.name.partition(".")[0]
                origin = f"{source_name} {alias.name if alias.asname else name}"
                imports.setdefault(name, set()).add(origin)
    imported = {name: origins.pop() for name, origins in imports.items() if len(origins) == 1}
    return _Names(bound, {name: imported[name] for name in imported if name not in assigned}, read)


def _futures(tree: ast.Module) -> set[str]:
    return {alias.name for node in _future_imports(tree) for alias in node.names}


def _future_imports(tree: ast.Module) -> list[ast.ImportFrom]:
    return [
        node
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    ]


def _without_futures(source: str, tree: ast.Module) -> str | None:
    """The source without imports from `__future__`; None if one shares its line."""
    lines = io.StringIO(source, newline=None).read().split("\n")
    for node in _future_imports(tree):
        first, last = node.lineno, node.end_lineno or node.lineno
        shared = [
            other
            for other in tree.body
            if other is not node and (other.lineno == last or other.end_lineno == first)
        ]
        if shared:
            return None
        lines[first - 1 : last] = [""] * (last - first + 1)
    return "\n".join(lines)


def _apart(scripts: Sequence[Script]) -> str:
    """The sources as text, each for a namespace of its own."""
    items = [
        f"    {script.entry_point!r}: ({tuple(script.uses)!r}, {_literal(script.source)}),\n"
        for script in scripts
    ]
    return _NAMESPACES.format(entry_point=scripts[-1].entry_point, scripts="".join(items))


def _literal(source: str) -> str:
    """Source as a literal, on lines of its own if it can be."""
    text = source.rstrip() + "\n"
    for quotes in ("'''", '"""'):
        literal = f"r{quotes}{text}{quotes}"
        if quotes not in text and text.translate({9: None, 10: None}).isprintable():
            return literal
    return repr(text)
