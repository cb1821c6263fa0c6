"""Reading source code: content ids, entry points, signatures.

Text in, data out; nothing here runs code.

The limits on size and nesting come first: a parser can be made to exhaust memory or the C stack.
"""

from __future__ import annotations

import ast
import hashlib
import warnings
from functools import lru_cache

from langprop.errors import ScriptError

MAX_SIZE = 200_000  # [characters] far above what a person would read
MAX_NESTING = 100  # brackets, and indentation levels
MAX_CHAIN = 1_000  # unary operators or dots in a row, which nest without brackets

TOO_MUCH = "it is too large, or nests too deeply"


def check_length(source: str) -> None:
    """Refuse source that is too long.

    Raises:
        ScriptError: It is.
    """
    if len(source) > MAX_SIZE:
        raise ScriptError(f"the script has {len(source):,} characters; the limit is {MAX_SIZE:,}.")


def check_size(source: str) -> None:
    """Refuse source that could exhaust the parser.

    Raises:
        ScriptError: Too long, or nested too deeply.
    """
    check_length(source)
    depth = chain = 0
    for char in source:
        if char in "([{":
            depth += 1
            if depth > MAX_NESTING:
                raise ScriptError(f"the script nests brackets more than {MAX_NESTING} deep.")
        elif char in ")]}":
            depth = max(0, depth - 1)
        # A run of operators between operands: `-----1`, `not not not x`, `a.b.c` are all fine up to
        # a point.
        chain = chain + 1 if char in "+-~ \t" else 0
        if chain > MAX_CHAIN:
            raise ScriptError(f"the script holds more than {MAX_CHAIN} signs or blanks in a row.")


def parse(source: str) -> ast.Module:
    """Parse source of any origin.

    Raises:
        ScriptError: It is no Python, or too large or too deeply nested to be read safely.
    """
    check_size(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "invalid escape sequence" is the script's own affair
            return ast.parse(source)
    except SyntaxError as error:
        where = f" (line {error.lineno})" if error.lineno else ""
        raise ScriptError(f"the script is no valid Python: {error.msg}{where}") from error
    except (MemoryError, RecursionError) as error:
        raise ScriptError(f"the script can't be parsed: {TOO_MUCH}.") from error
    except ValueError as error:  # null bytes, lone surrogates
        raise ScriptError(f"the script can't be parsed: {type(error).__name__}: {error}") from error


def functions(source: str) -> list[str]:
    """Names of the functions at the top level, in order.

    A name that is defined twice is listed once, at its last place.

    Raises:
        ScriptError: As `parse`.
    """
    names = [
        node.name
        for node in parse(source).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    return [name for index, name in enumerate(names) if name not in names[index + 1 :]]


def parameters(source: str, entry_point: str) -> list[str]:
    """Names of a function's parameters in order, `*args` and `**kwargs` with their stars.

    Raises:
        ScriptError: As `parse`, or there is no such function.
    """
    spec = find_function(source, entry_point).args
    names = [argument.arg for argument in (*spec.posonlyargs, *spec.args)]
    names += [f"*{spec.vararg.arg}"] if spec.vararg else []
    names += [argument.arg for argument in spec.kwonlyargs]
    return names + ([f"**{spec.kwarg.arg}"] if spec.kwarg else [])


def find_function(source: str, entry_point: str) -> ast.FunctionDef:
    """The definition of a function at the top level; the last one of that name.

    Raises:
        ScriptError: As `parse`, or there is no such function.
    """
    for node in reversed(parse(source).body):
        if isinstance(node, ast.FunctionDef) and node.name == entry_point:
            return node
    raise ScriptError(f"the script defines no function {entry_point!r}.")


@lru_cache(maxsize=256)  # up to MAX_SIZE characters each
def content_id(source: str, entry_point: str) -> str:
    """Hash of the normalised syntax tree: 16 hexadecimal digits.

    Comments, layout, docstrings and the quotes of strings don't count. Source that is no Python (a
    published script of the paper doesn't compile) is identified by its text.
    """
    try:
        return _hash(_canonical(parse(source)), entry_point)
    except (ScriptError, RecursionError, MemoryError, ValueError):  # integers too long to be shown
        return text_id(source, entry_point)


def text_id(source: str, entry_point: str) -> str:
    """Id of source that isn't parsed: a hash of its text."""
    return _hash("text:" + source, entry_point)


def _hash(text: str, entry_point: str) -> str:
    return hashlib.sha256(f"{entry_point}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()[
        :16
    ]


_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _canonical(node: object) -> str:
    """A text of the tree that is the same for every Python version: empty fields are left out."""
    if isinstance(node, ast.AST):
        parts = []
        for name, value in ast.iter_fields(node):
            if (
                (value is None and not isinstance(node, ast.Constant))
                or value == []
                or name in ("type_comment", "kind")
            ):
                continue
            if name == "body" and isinstance(node, _DOCUMENTED) and value and _is_text(value[0]):
                value = value[1:]  # noqa: PLW2901 - the docstring
            parts.append(f"{name}={_canonical(value)}")
        return f"{type(node).__name__}({','.join(parts)})"
    if isinstance(node, list):
        return "[" + ",".join(map(_canonical, node)) + "]"
    return f"{type(node).__name__}:{node!r}"


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
