"""Workshop: where source that a model wrote is read and edited, in a guarded process."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from langprop.errors import DataError, IsolationError, ReplyError, ScriptError
from langprop.executors.base import Executor, Session, SessionCall
from langprop.optim.answer import UNSAFE, UnsafeError, Written, answer_of, as_written, expect, is_id
from langprop.sandbox.limits import Limits
from langprop.scripts.parsing import MAX_SIZE, check_length, text_id
from langprop.scripts.script import Script
from langprop.scripts.travel import MAX_REPLY, check_reply_length, to_bytes

if TYPE_CHECKING:
    from langprop.scripts.mutation.example import Example

LIMITS = Limits(time=10.0, memory=1 << 30, output=1 << 23, printed=0, failures=1 << 30)
"""Of one operation. The process is never given up: after a failure it is started again."""

_SERVICE = Script(
    "from langprop.scripts.service import handle\n", "handle", origin="langprop", id="workshop"
)
_WORN = 10_000  # operations after which the process is replaced: parsing leaves its heap in pieces
_REMEMBERED = 256  # sources that broke a limit
_CHANCES = 2  # failures of a source until it isn't tried any more; the first may be bad luck
_lock = threading.Lock()
_shared: Workshop | None = None


class Workshop:
    """Where source that a model wrote is read and edited: in a process of an executor's.

    A parser can be made to hang, to exhaust memory or to crash. What a model wrote is therefore
    never parsed or compiled in the process that trains. All methods may be called from any thread.
    The process is started on first use, and again after a failure. With an `InlineExecutor` it is
    this process, and nothing is guarded.

    Args:
        executor: Where the process is started; it isn't closed with the workshop.
        limits: What one operation may use.

    Attributes:
        executor: The executor.
    """

    def __init__(self, executor: Executor, *, limits: Limits = LIMITS) -> None:
        self.executor = executor
        self._limits = limits
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._users = 0  # threads that are waiting for the process
        self._done = 0  # operations that it was asked for
        self._failures: OrderedDict[bytes, int] = OrderedDict()

    @staticmethod
    def shared() -> Workshop:
        """The workshop of optimizers that no trainer has given one; made on first use.

        Raises:
            IsolationError: There is no guarded process to be had here; says what to type.
        """
        global _shared  # noqa: PLW0603 - one per process is the point
        from langprop.executors.shared import shared_executor

        with _lock:
            if _shared is None:
                try:
                    _shared = Workshop(shared_executor())
                except IsolationError as error:
                    raise IsolationError(
                        f"what a model wrote can't be read in a guarded process here: {error} For "
                        "source that you trust:  optimizer.workshop = Workshop(InlineExecutor())"
                    ) from error
            return _shared

    # What it does

    def content_id(self, source: str, entry_point: str) -> str:
        """Hash of the normalised syntax tree; of the text, if it can't be parsed safely."""
        return self._content_ids([(source, entry_point)])[0]

    def identify(self, scripts: Sequence[Script]) -> None:
        """Give ids to the scripts that have none yet, in one round trip."""
        unknown = [script for script in scripts if not script.identified]
        if unknown:
            ids = self._content_ids([(script.source, script.entry_point) for script in unknown])
            for script, content_id in zip(unknown, ids, strict=True):
                script.identify(content_id)

    def read_reply(
        self,
        text: str,
        entry_point: str,
        *,
        stub: str = "",
        truncated: bool = False,
        parent: str | None = None,
        edits: bool = False,
        provided: Collection[str] = (),
    ) -> Written:
        """Find the script in a reply; see `langprop.scripts.reply.read_reply`.

        Raises:
            ReplyError: There is no usable script, or it can't be read safely; the reason is written
                for whoever wrote the reply.
            SandboxError: The sandbox itself failed.
        """
        return self.read_any(
            [text],
            entry_point,
            stub=stub,
            truncated=truncated,
            parent=parent,
            edits=edits,
            provided=provided,
        )

    def read_any(
        self,
        texts: Sequence[str],
        entry_point: str,
        *,
        stub: str = "",
        truncated: bool = False,
        parent: str | None = None,
        edits: bool = False,
        provided: Collection[str] = (),
    ) -> Written:
        """Find the script in the first text that holds one, in one round trip.

        For what a reply and its continuation may be together, as `join_continuation` of
        `langprop.scripts.continuation` gives it.

        Args:
            texts: What the reply may be, the likeliest first; what is too long is left out.
            entry_point: Name of the function that the script must define.
            stub: As for `read_reply`, and so are the others.
            truncated: Whether the model was cut off at the end of them.
            parent: Source of the script that is to be improved, if any.
            edits: Whether edits of the parent were asked for.
            provided: Names that scripts find without binding them.

        Raises:
            ReplyError: None of them holds a usable script; the reason is that of the first.
            SandboxError: The sandbox itself failed.
            ValueError: There is no text.
        """
        if not texts:
            raise ValueError("read_any needs one text at least.")
        fit = [text for text in texts if len(text) <= MAX_REPLY]
        if not fit:
            check_reply_length(texts[0])
        if parent is not None and len(parent) > MAX_SIZE:
            parent = None  # what is read can't be as long
        call = _call(
            "read_any",
            [to_bytes(text) for text in fit],
            entry_point,
            to_bytes(stub),
            truncated,
            parent=None if parent is None else to_bytes(parent),
            edits=edits,
            provided=list(provided),
        )
        try:
            return as_written(self._ask([call])[0])
        except ReplyError:
            raise
        except ScriptError as error:
            raise ReplyError(f"{error} Answer with one short script in plain Python.") from error

    def mutate(
        self,
        source: str,
        entry_point: str,
        seed: int,
        donor: str | None = None,
        *,
        example: Example | None = None,
        max_size: int = 120,
        edits: int | None = None,
    ) -> Written:
        """Make a random child of a script; see `langprop.scripts.mutation.mutate`.

        Args:
            source: The parent.
            entry_point: Name of the function that is called.
            seed: Of all choices; less than 2**63.
            donor: Source of a second parent.
            example: Arguments of one call.
            max_size: Number of expressions and statements from which growing becomes rare.
            edits: Number of edits; if not given, mostly 1.

        Raises:
            ScriptError: Nothing in the source can be changed, or it can't be read safely.
            SandboxError: The sandbox itself failed.
        """
        from langprop.scripts.mutation.example import pack

        check_length(source)
        check_length(donor or "")
        mother, father = to_bytes(source), None if donor is None else to_bytes(donor)
        how = {"example": pack(example), "max_size": max_size, "edits": edits}
        call = _call("mutate", mother, entry_point, seed, donor=father, **how)
        return as_written(self._ask_of([mother] if father is None else [mother, father], call))

    def random_body(
        self, stub: str, entry_point: str, seed: int, example: Example | None = None
    ) -> Written:
        """Write a random body for a stub; see `langprop.scripts.mutation.random_body`.

        Raises:
            ScriptError: The stub can't be parsed or has no such function.
            SandboxError: The sandbox itself failed.
        """
        from langprop.scripts.mutation.example import pack

        check_length(stub)
        text = to_bytes(stub)
        call = _call("random_body", text, entry_point, seed, pack(example))
        return as_written(self._ask_of([text], call))

    def size(self, source: str, entry_point: str) -> int:
        """Number of expressions and statements that may be edited.

        Raises:
            ScriptError: There is no such function, or the source can't be read safely.
            SandboxError: The sandbox itself failed.
        """
        check_length(source)
        text = to_bytes(source)
        return expect(int, self._ask_of([text], _call("size", text, entry_point)))

    def warm(self) -> None:
        """Start the process now, so that the first operation needn't wait for it. Never raises."""
        with contextlib.suppress(Exception):  # the first operation will say what is wrong
            self._ask([_call("content_id", b"", "")])

    def close(self) -> None:
        """End the process; the next use starts another. Closing twice is harmless."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            session.close()

    # How

    def _content_ids(self, scripts: Sequence[tuple[str, str]]) -> list[str]:
        ids = [text_id(source, entry_point) for source, entry_point in scripts]
        places = [place for place, (source, _) in enumerate(scripts) if len(source) <= MAX_SIZE]
        calls = [
            _call("content_id", to_bytes(source), entry_point)
            for source, entry_point in (scripts[place] for place in places)
        ]
        for place, answer in zip(places, self._ask(calls), strict=True):
            if isinstance(answer, str) and is_id(answer):
                ids[place] = answer
        return ids

    def _ask_of(self, sources: Sequence[bytes], call: SessionCall) -> Any:
        """Ask for something to be done with sources, unless one broke limits before.

        A policy is a parent many times; one that hangs shall cost its time only once or twice. Of
        two sources the second is blamed: the first will be read alone, too.
        """
        keys = [hashlib.sha256(source).digest() for source in sources]
        with self._lock:
            if any(self._failures.get(key, 0) >= _CHANCES for key in keys):
                raise ScriptError(f"{UNSAFE}: it broke the limits before.")
        answer = self._ask([call])[0]
        if isinstance(answer, UnsafeError):
            with self._lock:
                self._failures[keys[-1]] = self._failures.pop(keys[-1], 0) + 1
                if len(self._failures) > _REMEMBERED:
                    self._failures.popitem(last=False)
        return ScriptError(str(answer)) if isinstance(answer, ReplyError) else answer

    def _ask(self, calls: Sequence[SessionCall]) -> list[Any]:
        """Have operations done in one round trip: answers, and errors that are yet to be raised."""
        if not calls:
            return []
        session = self._enter(len(calls))
        try:
            outcomes = session.call_many(calls)
            for place, outcome in enumerate(outcomes):
                if outcome.status == "crash":  # perhaps what came before had worn the process out
                    outcomes[place] = session.call_many([calls[place]])[0]
        except DataError as error:  # of an entry point that is no text
            return [ScriptError(f"the script can't be read: {error}")] * len(calls)
        finally:
            with self._lock:
                self._users -= 1
        return [answer_of(outcome, self._limits) for outcome in outcomes]

    def _enter(self, operations: int) -> Session:
        """The process, for so many operations more; a new one if it has done many and is idle."""
        worn = None
        with self._lock:
            if self._done > _WORN and not self._users:
                worn, self._session, self._done = self._session, None, 0
            if self._session is None:
                self._session = self.executor.open(_SERVICE, self._limits)
            self._users += 1
            self._done += operations
            session = self._session
        if worn is not None:
            worn.close()
        return session


def _call(name: str, *args: Any, **kwargs: Any) -> SessionCall:
    return SessionCall(0, (name, *args), kwargs)
