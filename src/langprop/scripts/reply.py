"""Reading replies: what a language model wrote → the source of a script. Nothing here runs code."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from langprop.errors import ReplyError, ScriptError
from langprop.scripts.edit import Edits
from langprop.scripts.edits import find_edits
from langprop.scripts.fences import Block, blocks
from langprop.scripts.fragment import Fragment, Reader
from langprop.scripts.names import rename_function
from langprop.scripts.parameters import why_incompatible
from langprop.scripts.parsing import MAX_SIZE, tree_id
from langprop.scripts.patch import apply_edits
from langprop.scripts.reply_completion import completed, merged, parsed
from langprop.scripts.reply_parts import Failure, choose, joined, pieces_of
from langprop.scripts.reply_reasons import describe, why_none
from langprop.scripts.reply_sections import is_code, sections, without_words
from langprop.scripts.reply_wrappings import json_texts, spoken, tagged
from langprop.scripts.travel import check_reply_length

MAX_BLOCKS = 100  # the last ones are read

_CUT_OFF = (
    "it was cut off at the limit of tokens before the script was complete; answer with a "
    "shorter text, and with the script in one block."
)


def read_reply(
    text: str,
    entry_point: str,
    *,
    stub: str = "",
    truncated: bool = False,
    parent: str | None = None,
    edits: bool = False,
    provided: Collection[str] = (),
) -> str:
    """Find the script in a reply.

    Fenced blocks of any flavour are read, code between tags or in JSON, or the bare text if there
    is none. Of several blocks the last one that defines the entry point is taken, with those that
    define what it lacks. A single function under another name is renamed. Imports that are missing
    are added where it is clear what is meant.

    Args:
        text: The reply.
        entry_point: Name of the function that the script must define.
        stub: Source with the signature that callers know; "" if any will do.
        truncated: Whether the model was cut off, so that an open block isn't complete.
        parent: Source of the script that is to be improved, if any. What the reply leaves out of
            it, such as a helper that stays the same, is taken over.
        edits: Whether edits of the parent were asked for; a whole script is fine, too.
        provided: Names that scripts find without binding them: functions of other modules.

    Returns:
        Source that parses and defines the entry point at its top level.

    Raises:
        ReplyError: There is no such script; the reason is written for whoever wrote the reply.
    """
    return find_script(
        text,
        entry_point,
        stub=stub,
        truncated=truncated,
        parent=parent,
        edits=edits,
        provided=provided,
    ).source


def find_script(
    text: str,
    entry_point: str,
    *,
    stub: str = "",
    truncated: bool = False,
    parent: str | None = None,
    edits: bool = False,
    provided: Collection[str] = (),
) -> Fragment:
    """As `read_reply`, but with the syntax tree that was read anyway."""
    check_reply_length(text)
    text, thinking = spoken(_lines(text.lstrip("\ufeff")))
    if not text.strip():
        cut = ": the limit of tokens was reached before anything was written" if truncated else ""
        raise ReplyError(f"it is empty{cut}.")
    if thinking and truncated:
        raise ReplyError(
            "it was cut off at the limit of tokens while it was still thinking; think less, and "
            "answer with the script in one block."
        )
    reply = _Reply(
        text,
        entry_point,
        stub=stub,
        truncated=truncated,
        parent=parent,
        provided=frozenset(provided),
    )
    return reply.script(edits)


class _Reply:
    """One reply, and what is known of what it should be."""

    def __init__(
        self,
        text: str,
        entry_point: str,
        *,
        stub: str,
        truncated: bool,
        parent: str | None,
        provided: frozenset[str],
    ) -> None:
        self.text = text
        self.entry_point = entry_point
        self.stub = stub
        self.truncated = truncated
        self.parent = None if parent is None else _lines(parent)
        self.provided = provided
        self.reader = Reader()

    def script(self, edits: bool) -> Fragment:
        if edits and self.parent is not None:
            part = self._edited(self.parent) or self._whole(self.text, edits=True)
            if part.source.strip() == self.parent.strip():
                raise ReplyError("it is the script as it was; change something.")
        else:
            part = self._unasked()
        part = completed(
            part,
            self.entry_point,
            self.reader,
            stub=self.stub,
            parent=self.parent,
            provided=self.provided,
        )
        source = part.source.strip("\n").rstrip() + "\n"
        return Fragment(source, part.tree, part.closed)

    # Whole scripts

    def _unasked(self) -> Fragment:
        """A whole script; if there is none, what edits make of the parent."""
        try:
            return self._whole(self.text)
        except ReplyError as error:
            try:
                part = None if self.parent is None else self._edited(self.parent)
            except ReplyError:
                part = None
            if part is None:
                if self.parent is None and _holds_edits(self.text):
                    raise ReplyError(
                        "it holds edits, but there is nothing to edit; send the whole script in "
                        "one block."
                    ) from error
                raise error from None
            return part

    def _whole(self, text: str, *, edits: bool = False) -> Fragment:
        found = blocks(text)[-MAX_BLOCKS:]
        parts, errors = pieces_of(found, self.reader)
        part = joined(found, self.entry_point, self.reader) or self._choose(parts)
        if part is None:
            more, others = self._elsewhere(text, found)
            part = self._choose(more)
            parts, errors = [*parts, *more], errors or others
        if self.truncated and (part is None or not part.closed):
            raise ReplyError(_CUT_OFF)
        part = part or self._merged(parts) or self._renamed(parts)
        if part is None:
            reason = why_none(text, found, parts, errors, self.entry_point)
            hint = " Or write edits, each between  <<<<<<< SEARCH  and  >>>>>>> REPLACE."
            raise ReplyError(reason + hint * edits)
        self._check_signature(part)
        return part

    def _choose(self, parts: Sequence[Fragment]) -> Fragment | None:
        same = None
        if self.parent is not None and len(parts) > 1 and (old := parsed(self.parent)):
            same = tree_id(old.tree, old.source, self.entry_point)
        return choose(parts, self.entry_point, self.reader, same)

    def _elsewhere(self, text: str, found: Sequence[Block]) -> tuple[list[Fragment], list[Failure]]:
        """What is Python in a reply without fences: all of it, or what tags or JSON hold."""
        errors: list[Failure] = []
        if not found and len(text) <= MAX_SIZE:
            try:
                part = without_words(self.reader.find(text, closed=False), self.reader)
                if not all(isinstance(node, ast.Expr) for node in part.tree.body):
                    return [part], []  # and not JSON, which is Python, too
            except ScriptError as error:
                errors = [(text, error)]
        for inner in (tagged(text), [Block(each, "") for each in json_texts(text)]):
            nested = [each for block in inner for each in blocks(block.text) or [block]]
            parts, _ = pieces_of(nested, self.reader)
            if any(part.function(self.entry_point) for part in parts):
                return parts, []
        if any(block.may_be_python and block.text.strip() for block in found):
            return [], []
        if _holds_edits(text):  # what stands in an edit is a piece of a function
            return [], []
        parts, others = sections(text, self.entry_point, self.reader)
        return parts, others or (errors if is_code(text.lstrip()) else [])

    def _merged(self, parts: Sequence[Fragment]) -> Fragment | None:
        """The parent with the helpers of the reply, if that has nothing but some of these."""
        old = parsed(self.parent) if self.parent is not None else None
        defining = [part for part in parts if part.functions]
        if old is None or old.function(self.entry_point) is None or len(defining) != 1:
            return None
        part = merged(defining[0], old, self.reader)
        return part if part and part.source.strip() != old.source.strip() else None

    def _renamed(self, parts: Sequence[Fragment]) -> Fragment | None:
        """The only function of the reply under the right name, if it is sure what names mean."""
        functions = [(part, function) for part in parts for function in part.functions]
        nodes = [node for part in parts for node in part.tree.body]
        old = parsed(self.parent) if self.parent is not None else None
        if len(functions) != 1 or any(
            isinstance(n, (ast.ClassDef, ast.AsyncFunctionDef)) for n in nodes
        ):
            return None
        part, function = functions[0]
        if old is not None and function.name in old.defined:
            return None
        expected = self._expected()
        if expected is not None and why_incompatible(function, expected):
            return None
        source = rename_function(part.source, function, part.tree, self.entry_point)
        if source is None:
            return None
        try:
            renamed = self.reader.read(source, closed=part.closed)
        except ScriptError:
            return None
        # The positions in the tree may have been wrong.
        return None if function.name in renamed.names.read else renamed

    # Edits

    def _edited(self, parent: str) -> Fragment | None:
        """What the edits in the reply make of the parent; None if there are no edits."""
        try:
            found = find_edits(self.text)
        except ReplyError as error:
            if self.truncated:
                raise ReplyError(_CUT_OFF) from error
            raise
        if found is None:
            return None
        if self.truncated and not found.complete:
            raise ReplyError(_CUT_OFF)
        try:
            return self._applied(parent, found)
        except ReplyError:
            # Some models show the whole script below the edits.
            if parsed(parent) is not None and f"def {self.entry_point}" in found.rest:
                try:
                    part = self._whole(found.rest)
                except ReplyError:
                    part = None
                if part is not None and part.source.strip() != parent.strip():
                    return part
            raise

    def _applied(self, parent: str, found: Edits) -> Fragment:
        source = apply_edits(parent, found)
        try:
            part = self.reader.find(source)
        except ScriptError as error:
            raise ReplyError(
                f"with its edits, {describe(source, error)} None of them was applied: send all of "
                "them again, or the whole script in one block."
            ) from error
        if part.function(self.entry_point) is None:
            raise ReplyError(
                f"with its edits, the script defines no function {self.entry_point!r}. None of "
                "them was applied: keep that function."
            )
        self._check_signature(part)
        return part

    # What every script needs

    def _expected(self) -> ast.FunctionDef | None:
        stub = parsed(self.stub)
        return stub.function(self.entry_point) if stub else None

    def _check_signature(self, part: Fragment) -> None:
        function = part.function(self.entry_point)
        expected = self._expected()
        if function is None or expected is None:
            return
        reason = why_incompatible(function, expected)
        if reason:
            raise ReplyError(
                f"{self.entry_point!r} can't be called like the specification says: {reason}. Keep "
                f"the signature  def {self.entry_point}({ast.unparse(expected.args)})."
            )


def _holds_edits(text: str) -> bool:
    try:
        return find_edits(text) is not None
    except ReplyError:  # one without an end
        return True


def _lines(text: str) -> str:
    """With line feeds only."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
