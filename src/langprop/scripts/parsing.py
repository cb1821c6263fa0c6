"""Reading source code: content ids, entry points, signatures.

Text in, data out; nothing here runs code.

The limits on size and nesting come first: a parser can be made to exhaust memory or the C stack.
"""

from __future__ import annotations

import ast
import hashlib
import re
import warnings
from functools import lru_cache

from langprop.errors import ScriptError

MAX_SIZE = 200_000  # [characters] far above what a person would read
MAX_NESTING = 100  # brackets, and indentation levels
MAX_CHAIN = 1_000  # unary operators or dots in a row, which nest without brackets

_BRACKET = re.compile(r"[\[\](){}]")
_SIGNS = re.compile(r"[-+~ \t]+")

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
    depth = 0
    for bracket in _BRACKET.findall(source):
        if bracket in "([{":
            depth += 1
            if depth > MAX_NESTING:
                raise ScriptError(f"the script nests brackets more than {MAX_NESTING} deep.")
        elif depth:
            depth -= 1
    # A run of operators between operands: `-----1` is fine up to a point.
    if len(source) > MAX_CHAIN and any(len(run) > MAX_CHAIN for run in _SIGNS.findall(source)):
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
            return _tree(source)
    except SyntaxError as error:
        where = f" (line {error.lineno})" if error.lineno else ""
        raise ScriptError(f"the script is no valid Python: {error.msg}{where}") from error
    except (MemoryError, RecursionError) as error:
        raise ScriptError(f"the script can't be parsed: {TOO_MUCH}.") from error
    except ValueError as error:  # null bytes, lone surrogates
        raise ScriptError(f"the script can't be parsed: {type(error).__name__}: {error}") from error


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SystemError:
        # CPython 3.11 counts the depth of all parsing in one place: where garbage is collected in
        # the midst of it and a finalizer parses, too (a traceback is shown so), the count is wrong.
        return ast.parse(source)


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
        return tree_id(parse(source), source, entry_point)
    except ScriptError:
        return text_id(source, entry_point)


def tree_id(tree: ast.Module, source: str, entry_point: str) -> str:
    """As `content_id`, of source that was parsed already."""
    try:
        return _hash(_canonical(tree), entry_point)
    except (RecursionError, MemoryError, ValueError):  # integers too long to be shown
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
        # Most nodes are one of these; the text is the same as what comes below.
        if isinstance(node, ast.Name):
            return f"Name(id=str:{node.id!r},ctx={type(node.ctx).__name__}())"
        if isinstance(node, ast.Constant):
            return f"Constant(value={type(node.value).__name__}:{node.value!r})"
        if not node._fields:
            return f"{type(node).__name__}()"
        parts = []
        for name in node._fields:
            value = getattr(node, name, None)
            if value is None or name == "type_comment" or value == []:
                continue
            if name == "body" and isinstance(node, _DOCUMENTED) and _is_text(value[0]):
                value = value[1:]  # without the docstring
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
