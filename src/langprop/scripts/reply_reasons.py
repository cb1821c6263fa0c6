"""Reasons: why there is no script in a reply, for whoever wrote it."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from langprop.errors import ScriptError
from langprop.scripts.fences import Block
from langprop.scripts.fragment import Fragment, line_of
from langprop.scripts.reply_wrappings import web_page

_WIDTH = 160  # [characters] of a quoted line

_LANGUAGES = {
    "javascript": "JavaScript",
    "js": "JavaScript",
    "jsx": "JavaScript",
    "typescript": "TypeScript",
    "ts": "TypeScript",
    "tsx": "TypeScript",
    "java": "Java",
    "kotlin": "Kotlin",
    "c": "C",
    "cpp": "C++",
    "c++": "C++",
    "cc": "C++",
    "csharp": "C#",
    "cs": "C#",
    "c#": "C#",
    "go": "Go",
    "golang": "Go",
    "rust": "Rust",
    "rs": "Rust",
    "ruby": "Ruby",
    "rb": "Ruby",
    "php": "PHP",
    "swift": "Swift",
    "scala": "Scala",
    "julia": "Julia",
    "jl": "Julia",
    "r": "R",
    "matlab": "MATLAB",
    "lua": "Lua",
    "haskell": "Haskell",
    "perl": "Perl",
    "sql": "SQL",
}
# Lines that only one language has; for blocks without a label, and for text without a block.
_TELLTALES = {
    "JavaScript": (
        r"^[ \t]*(?:export\s+)?(?:async\s+)?function\s*\w*\s*\(|^[ \t]*(?:const|let)\s+\w+\s*="
        r"|=>\s*\{[ \t]*$|\bconsole\.log\("
    ),
    "C or C++": r"^[ \t]*#include\s*[<\"]",
    "Java": r"^[ \t]*(?:public|private)\s+(?:static|class)\s",
    "Rust": r"^[ \t]*(?:pub\s+)?fn\s+\w+\s*[(<].*\{[ \t]*$",
    "Go": r"^package\s+\w+[ \t]*$|^func\s+\w+\(.*\{[ \t]*$",
}
_LOOKED_AT = 20_000  # [characters]


def why_none(
    text: str,
    found: Sequence[Block],
    parts: Sequence[Fragment],
    errors: Sequence[tuple[str, ScriptError]],
    entry_point: str,
) -> str:
    """Say why a reply holds no script.

    Args:
        text: The reply.
        found: Its code blocks.
        parts: What of it is Python.
        errors: Pieces that are none, and why.
        entry_point: Name of the function that was asked for.
    """
    wanted = f"def {entry_point}(…) at the top level"
    page = web_page(text)
    if page is not None:
        title = f" with the title {page!r}" if page else ""
        return (
            f"it is a web page{title}, not an answer; a proxy or a gateway between may have sent "
            "it. Write one code block that begins with ```python."
        )
    language = _language(text, found, entry_point)
    if language and not any(part.functions for part in parts):
        return f"its code is {language}, not Python; write a plain  {wanted}  in Python."
    if errors:
        piece, error = errors[-1]
        return f"{describe(piece, error)} Send the whole script again."
    nodes = [node for part in parts for node in part.tree.body]
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


def describe(source: str, error: ScriptError) -> str:
    """What is wrong with source, with the line that it is about."""
    number = line_of(error)
    lines = source.split("\n")
    text = str(error).rstrip(".")
    if number is None or not 0 < number <= len(lines) or not lines[number - 1].strip():
        return f"{text}."
    return f"{text}:  {lines[number - 1].strip()[:_WIDTH]}  ."


def _language(text: str, found: Sequence[Block], entry_point: str) -> str | None:
    if re.search(rf"^[ \t]*def[ \t]+{re.escape(entry_point)}\b", text, re.MULTILINE):
        return None
    labels = [_LANGUAGES[block.language] for block in found if block.language in _LANGUAGES]
    if any(block.is_python for block in found):
        return None
    if labels:
        return labels[-1]
    pieces = [block.text for block in found if not block.language] or [text]
    for piece in pieces:
        for language, telltale in _TELLTALES.items():
            if re.search(telltale, piece[:_LOOKED_AT], re.MULTILINE):
                return language
    return None
