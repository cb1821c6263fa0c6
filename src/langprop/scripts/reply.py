"""Reading replies: what a language model wrote → the source of a script. Nothing here runs code."""

from __future__ import annotations

import ast
import re

from langprop.errors import ReplyError, ScriptError
from langprop.scripts.fences import Block, blocks
from langprop.scripts.fragment import Fragment
from langprop.scripts.names import bound, defined, lacking, read, rename_function
from langprop.scripts.parameters import why_incompatible
from langprop.scripts.parsing import parse

MAX_REPLY = 1_000_000  # [characters] far above what a model writes in one go

MAX_BLOCKS = 100  # the last ones are read
MAX_TAIL = 20  # [lines at the margin] of prose after code without a fence

_THOUGHT = re.compile(r"(^[ \t]*)?</think(?:ing)?>", re.MULTILINE | re.IGNORECASE)
_CODE_LINE = re.compile(
    r"^(?:(?:async[ ]+)?def[ ]+\w+[ ]*\(|import[ ]+\w|from[ ]+\S+[ ]+import\b|class[ ]+\w+|@\w)"
)


def read_reply(text: str, entry_point: str, *, stub: str = "", truncated: bool = False) -> str:
    """Find the script in a reply.

    Fenced blocks of any flavour are read, or the bare text if there is none. Of several blocks the
    last one that defines the entry point is taken, with those that define what it lacks. A single
    function under another name is renamed.

    Args:
        text: The reply.
        entry_point: Name of the function that the script must define.
        stub: Source with the signature that callers know; "" if any will do.
        truncated: Whether the model was cut off, so that an open block isn't complete.

    Returns:
        Source that parses and defines the entry point at its top level.

    Raises:
        ReplyError: There is no such script; the reason is written for whoever wrote the reply.
    """
    check_reply_length(text)
    text = _spoken(text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    if not text.strip():
        cut = ": the limit of tokens was reached before anything was written" if truncated else ""
        raise ReplyError(f"it is empty{cut}.")
    found = blocks(text)[-MAX_BLOCKS:]
    parts, errors = _parts(found) if found else _bare(text, entry_point)
    part = _joined(found, entry_point) or _choose(parts, entry_point)
    if truncated and (part is None or not part.closed):
        raise ReplyError(
            "it was cut off at the limit of tokens before the script was complete; answer with a "
            "shorter text, and with the script in one block."
        )
    if part is None:
        part = _renamed(parts, entry_point, stub)
    if part is None:
        raise ReplyError(_why_none(parts, errors, entry_point))
    _check_signature(part, entry_point, stub)
    part = _with_imports(part, stub)
    return part.source.strip("\n").rstrip() + "\n"


def check_reply_length(text: str) -> None:
    """Refuse a reply that is too long.

    Raises:
        ReplyError: It is.
    """
    if len(text) > MAX_REPLY:
        raise ReplyError(
            f"it has {len(text):,} characters; answer with the script and a few sentences only."
        )


def _spoken(text: str) -> str:
    """Leave out what a reasoning model thought aloud; some servers don't send the opening tag."""
    opened = text.lstrip()[:6].lower() == "<think"
    thoughts = [tag for tag in _THOUGHT.finditer(text) if tag[1] is not None]  # on its own line
    if opened and not thoughts:
        thoughts = list(_THOUGHT.finditer(text))[:1]
    return text[thoughts[-1].end() :] if thoughts else text


def _parts(found: list[Block]) -> tuple[list[Fragment], list[ScriptError]]:
    """The blocks that are Python; those labelled otherwise only if none is."""
    parts: list[Fragment] = []
    errors: list[ScriptError] = []
    for wanted in (
        [block for block in found if block.is_python or not block.language],
        [block for block in found if block.language and not block.is_python],
    ):
        for block in wanted:
            first: ScriptError | None = None
            for text in (block.text, *block.longer):
                try:
                    parts.append(Fragment.find(text, closed=block.closed))
                    break
                except ScriptError as error:
                    first = first or error
            else:
                assert first is not None  # noqa: S101 - for mypy
                errors.append(first)
        if any(part.functions for part in parts) or errors:
            break
    return parts, errors


def _bare(text: str, entry_point: str) -> tuple[list[Fragment], list[ScriptError]]:
    """A reply without fences: all of it, or from the first to the last line that look like code."""
    try:
        return [Fragment.find(text, closed=False)], []
    except ScriptError as error:
        whole = error
    lines = text.split("\n")
    starts = [i for i, line in enumerate(lines) if _CODE_LINE.match(line)]
    if not any(re.match(rf"(?:async )?def +{re.escape(entry_point)}\b", lines[i]) for i in starts):
        return [], []  # prose
    for start in starts[:3]:
        # What follows the code begins at the margin: give up one such piece after the other.
        margins = [i for i in range(start + 1, len(lines)) if lines[i][:1].strip()]
        for stop in [len(lines), *margins[: -MAX_TAIL - 1 : -1]]:
            try:
                source = "\n".join(lines[start:stop])
                return [Fragment.read(source, closed=stop < len(lines))], []
            except ScriptError as error:
                whole = error
    return [], [whole]


def _choose(parts: list[Fragment], entry_point: str) -> Fragment | None:
    """The last part that defines the entry point, with the parts that define what it lacks."""
    defining = [part for part in parts if part.function(entry_point) is not None]
    if not defining:
        return None
    # Models repeat the bare signature after the script: not what is meant, if there is another.
    full = [part for part in defining if not _is_hollow(part.function(entry_point))]
    chosen = (full or defining)[-1]
    others = [part for part in parts if part.function(entry_point) is None]
    lacks = lacking(chosen.tree)
    needed: list[Fragment] = []
    while True:
        helpers = [p for p in others if p not in needed and defined(p.tree) & lacks]
        if not helpers:
            break
        needed += helpers
        lacks = set().union(*(lacking(part.tree) for part in [*needed, chosen]))
    if not needed:
        return chosen
    ordered = [part for part in others if part in needed]
    return _join([*ordered, chosen])


def _join(parts: list[Fragment]) -> Fragment | None:
    futures: list[str] = []
    bodies: list[str] = []
    for part in parts:
        lines = part.source.strip("\n").split("\n")
        # `from __future__` must stay on top.
        futures += [line for line in lines if line.startswith("from __future__ import")]
        bodies.append("\n".join(line for line in lines if not line.startswith("from __future__ ")))
    source = "\n".join(dict.fromkeys(futures)) + "\n" * bool(futures) + "\n\n\n".join(bodies)
    try:
        return Fragment.read(source, closed=all(part.closed for part in parts))
    except ScriptError:
        return None


def _joined(found: list[Block], entry_point: str) -> Fragment | None:
    """All Python blocks as one text, if a block goes on with a function that another begins."""
    wanted = [block for block in found if block.is_python or not block.language]
    if not any(block.text.lstrip("\n")[:1].isspace() for block in wanted[1:]):
        return None
    source = "\n".join(block.text for block in wanted)
    try:
        part = Fragment.read(source, closed=wanted[-1].closed)
    except ScriptError:
        return None
    return part if part.function(entry_point) is not None else None


def _renamed(parts: list[Fragment], entry_point: str, stub: str) -> Fragment | None:
    """The only function of the reply under the right name, if it is sure what the names mean."""
    functions = [(part, function) for part in parts for function in part.functions]
    nodes = [node for part in parts for node in part.tree.body]
    if len(functions) != 1 or any(
        isinstance(n, (ast.ClassDef, ast.AsyncFunctionDef)) for n in nodes
    ):
        return None
    part, function = functions[0]
    expected = _stub_function(stub, entry_point)
    if expected is not None and why_incompatible(function, expected):
        return None
    source = rename_function(part.source, function, part.tree, entry_point)
    if source is None:
        return None
    try:
        renamed = Fragment.read(source, closed=part.closed)
    except ScriptError:
        return None
    missed = function.name in read(renamed.tree)  # where the positions in the tree were wrong
    return None if missed else renamed


def _with_imports(part: Fragment, stub: str) -> Fragment:
    """Add the specification's own imports where the script uses them and models leave them out."""
    try:
        nodes = parse(stub).body
    except ScriptError:
        return part
    lacks = lacking(part.tree)
    imports = [
        ast.unparse(node)
        for node in nodes
        if isinstance(node, (ast.Import, ast.ImportFrom))
        and getattr(node, "module", "") != "__future__"
        and lacks & set(bound(node))
    ]
    if not imports:
        return part
    source = "\n".join(imports)
    return _join([Fragment.read(source), part]) or part


def _check_signature(part: Fragment, entry_point: str, stub: str) -> None:
    function = part.function(entry_point)
    expected = _stub_function(stub, entry_point)
    if function is None or expected is None:
        return
    reason = why_incompatible(function, expected)
    if reason:
        raise ReplyError(
            f"{entry_point!r} can't be called like the specification says: {reason}. Keep the "
            f"signature  def {entry_point}({ast.unparse(expected.args)})."
        )


def _stub_function(stub: str, entry_point: str) -> ast.FunctionDef | None:
    try:
        return Fragment.read(stub).function(entry_point)
    except ScriptError:
        return None


def _why_none(parts: list[Fragment], errors: list[ScriptError], entry_point: str) -> str:
    if errors:
        return f"{str(errors[-1]).rstrip('.')}. Send the whole script again."
    nodes = [node for part in parts for node in part.tree.body]
    wanted = f"def {entry_point}(…) at the top level"
    for node in nodes:
        if isinstance(node, ast.AsyncFunctionDef) and node.name == entry_point:
            return f"{entry_point!r} is `async def`; write a plain  {wanted}."
        if isinstance(node, ast.ClassDef) and any(
            isinstance(inner, ast.FunctionDef) and inner.name == entry_point for inner in node.body
        ):
            return (
                f"{entry_point!r} is a method of the class {node.name!r}; write a plain  {wanted}."
            )
    names = [
        node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    if names:
        others = ", ".join(map(repr, names[:5]))
        return f"it defines {others}, but not {entry_point!r}; write  {wanted}."
    if any(not isinstance(node, ast.Expr) for node in nodes):
        return f"its code defines no function; write  {wanted}."
    return f"it holds no code; write one code block that begins with ```python and has  {wanted}."


def _is_hollow(function: ast.FunctionDef | None) -> bool:
    return function is not None and all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in function.body
    )
