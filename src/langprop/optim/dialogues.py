"""Dialogues: all conversations of a step, in flight together, until each has given a script."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from langprop.errors import (
    LangPropError,
    LLMAuthError,
    LLMCancelled,
    LLMError,
    LLMNotFoundError,
    NotRecorded,
    OutOfBudget,
    ReplyError,
)
from langprop.llms.account import Account
from langprop.llms.base import Reply, Usage
from langprop.llms.cassette import WITHHELD, Cassette, Exchange, failure
from langprop.llms.pool import RequestPool
from langprop.llms.replay import Known
from langprop.optim.dialogue import Dialogue
from langprop.optim.statistics import ReplyStatistics
from langprop.prompts.abbreviate import shorten
from langprop.scripts.continuation import join_continuation
from langprop.scripts.script import Script

if TYPE_CHECKING:
    from langprop.llms.replay import Recording
    from langprop.modules.module import Module
    from langprop.optim.answer import Written
    from langprop.optim.workshop import Workshop
    from langprop.prompts.prompts import Prompts

_log = logging.getLogger(__name__)

MAX_QUOTED = 20_000  # [characters] of a reply that is sent back with the reason why it was no use
MAX_PARTIAL = 400_000  # [characters] of a reply that is asked to go on
_WITHHELD = (
    "the provider's content filter withheld it, or the model refused; see the prompt with "
    "`langprop prompt`, or ask another model."
)
_HOPELESS = (LLMAuthError, LLMNotFoundError, NotRecorded)  # no other request will fare better


class Result(NamedTuple):
    """A script that came out of a dialogue; None if it was given up.

    Attributes:
        dialogue: As it ended.
        script: The script.
    """

    dialogue: Dialogue
    script: Script | None


class _Flight(NamedTuple):
    """A request that is in flight.

    Attributes:
        dialogue: Whose it is.
        ticket: Of the account.
        known: Whether its reply was recorded before.
    """

    dialogue: Dialogue
    ticket: int
    known: bool


class Dialogues:
    """All conversations of a step, in flight together, until each gave a script or was given up.

    Args:
        module: What the scripts are for.
        prompts: Its prompts.
        variables: Those of the setup prompt, for the prompts that ask again.
        workshop: Reads replies.
        account: Pays for requests.
        statistics: Counts what becomes of them.
        cassette: Where exchanges are recorded; None for nowhere.
        recorded: Replies that are there already, and aren't asked for again; None for none.
        known: Says of an id whether that script need not be written again.
        attempts: Requests for one script at the most, those that ask to go on aside.
        continuations: Times that a reply which was cut off is asked to go on.
        concurrency: Requests in flight at a time.
    """

    def __init__(
        self,
        module: Module,
        prompts: Prompts,
        variables: dict[str, Any],
        *,
        workshop: Workshop,
        account: Account,
        statistics: ReplyStatistics,
        cassette: Cassette | None,
        recorded: Recording | None,
        known: Callable[[str], bool],
        attempts: int,
        continuations: int,
        concurrency: int,
    ) -> None:
        self._module, self._prompts, self._variables = module, prompts, variables
        self._workshop, self._account, self._statistics = workshop, account, statistics
        self._cassette, self._recorded = cassette, recorded
        self._known = known
        self._new: set[str] = set()
        self._attempts, self._continuations = attempts, continuations
        self._concurrency = concurrency
        self._pool = RequestPool(concurrency)
        self._failures: list[LLMError] = []
        self._reasons: Counter[str] = Counter()
        self._requests = 0
        self._ended = ""  # why a recording didn't send a request

    def run(self, dialogues: Iterable[Dialogue]) -> Iterator[list[Result]]:
        """Hold the conversations; hand over results as they come: all that are there.

        Raises:
            LLMError: A key or model is wrong, or no request was answered.
            OutOfBudget: The budget doesn't cover a single request.
            ConfigError: There is a budget in money, and the price isn't known.
            CheckpointError: An exchange can't be recorded.
            TemplateError: A prompt can't be rendered.
        """
        waiting = deque(dialogues)
        flying: dict[int, _Flight] = {}
        with self._pool, self._getting_ready():
            while True:
                self._send(waiting, flying)
                if not flying:
                    break
                arrived = self._pool.ready()
                if not arrived:
                    raise LLMCancelled("the requests of this step were given up.")
                results: list[Result] = []
                for number, answer in arrived:
                    dialogue, ticket, known = flying.pop(number)
                    self._account.settle(
                        ticket,
                        dialogue.llm,
                        dialogue.request,
                        _usage(answer),
                        answered=isinstance(answer, Reply),
                    )
                    after = self._hear(dialogue, answer, known=known)
                    if isinstance(after, Dialogue):
                        waiting.appendleft(after)
                    else:
                        results.append(after)
                if results:
                    yield results
        for dialogue in waiting:
            self._record(dialogue, OutOfBudget(self._account.exhausted), WITHHELD)
        if self._ended:  # those in flight may have left room since
            self._account.exhausted = self._account.exhausted or self._ended
        if (waiting or self._ended) and self._requests == 0:
            raise OutOfBudget(f"budget: {self._account.exhausted}")
        if waiting:
            yield [Result(dialogue, None) for dialogue in waiting]
        self._conclude()

    @contextlib.contextmanager
    def _getting_ready(self) -> Iterator[None]:
        """While the model thinks, the process is started that will read what it writes."""
        thread = threading.Thread(target=self._workshop.warm, daemon=True)
        thread.start()
        try:
            yield
        finally:
            thread.join(1.0)  # long done, unless this was given up at once

    @property
    def in_flight(self) -> int:
        """Requests that wait for replies; may be asked from any thread."""
        return self._pool.in_flight

    def cancel(self) -> None:
        """Give up what is in flight; may be called from any thread."""
        self._pool.close()

    def _send(self, waiting: deque[Dialogue], flying: dict[int, _Flight]) -> None:
        while waiting and len(flying) < self._concurrency:
            dialogue = waiting[0]
            ticket = self._account.open(dialogue.llm, dialogue.request)
            if ticket is None:
                return  # perhaps those in flight take less than was set aside for them
            waiting.popleft()
            self._requests += 1
            self._statistics.requested += 1
            llm, known = dialogue.llm, False
            reply = self._recorded.take(dialogue.request) if self._recorded is not None else None
            if reply is not None:
                llm, known = Known(reply), True
            flying[self._pool.send(llm, dialogue.request)] = _Flight(dialogue, ticket, known)

    def _hear(
        self, dialogue: Dialogue, answer: Reply | LLMError, *, known: bool
    ) -> Dialogue | Result:
        """Read an answer: what is to be asked next, or how it ended.

        Args:
            dialogue: Whose request was answered.
            answer: The answer.
            known: Whether it was recorded before.
        """
        if isinstance(answer, LLMError):
            return self._failed(dialogue, answer)
        record = _forget if known else self._record
        heard = dialogue.answered(answer)
        try:
            written = self._read(dialogue, answer)
        except ReplyError as unusable:
            # What is left of such a reply says nothing of why it is no use.
            withheld = answer.finish_reason == "content_filter"
            error = ReplyError(_WITHHELD) if withheld else unusable
            following = self._next(heard, answer, error)
            outcome = "rejected"
            if following is not None:
                outcome = "continued" if following.role == "continue" else "asked again"
            record(dialogue, answer, outcome, reason=str(error))
            if following is not None:
                return following
            self._statistics.rejected += 1
            self._reasons[str(error)] += 1
            return Result(heard, None)
        self._statistics.parsed += 1
        self._statistics.repaired += dialogue.attempt > 1
        outcome = "repaired" if dialogue.attempt > 1 else "parsed"
        if written.id in self._new or self._known(written.id):
            self._statistics.duplicate += 1
            outcome = "duplicate"
        self._new.add(written.id)
        record(dialogue, answer, outcome, child=written.id)
        parent = dialogue.parent.id if dialogue.parent is not None else None
        script = Script(
            written.source,
            self._module.entry_point,
            parent,
            dialogue.donor,
            answer.llm or dialogue.llm.name,
            written.id,
        )
        return Result(heard, script)

    def _failed(self, dialogue: Dialogue, error: LLMError) -> Result:
        if isinstance(error, NotRecorded) and error.ended:  # it wasn't sent then, either
            self._ended = error.ended
            self._requests -= 1
            self._statistics.requested -= 1
            self._record(dialogue, OutOfBudget(error.ended), WITHHELD)
            return Result(dialogue, None)
        self._statistics.failed += 1
        self._failures.append(error)
        if isinstance(error, LLMCancelled):
            raise error
        self._record(dialogue, error, "failed", reason=str(error))
        if isinstance(error, _HOPELESS):
            raise error
        self._statistics.rejected += dialogue.attempt > 1  # a reply was there, but no use
        return Result(dialogue.failed(), None)

    def _read(self, dialogue: Dialogue, reply: Reply) -> Written:
        """Find the script in a reply, which may go on with an earlier one.

        Raises:
            ReplyError: There is no usable script.
        """
        texts = [reply.text]
        if dialogue.continued:
            texts = join_continuation(dialogue.partial, reply.text)
        return self._workshop.read_any(
            texts,
            self._module.entry_point,
            stub=self._module.stub,
            truncated=reply.finish_reason == "length",
            parent=dialogue.parent.source if dialogue.parent is not None else None,
            edits=dialogue.edits,
            provided=tuple(self._variables.get("modules", ())),
        )

    def _next(self, heard: Dialogue, reply: Reply, error: ReplyError) -> Dialogue | None:
        """What is asked after a reply that is no use; None if nothing is."""
        if reply.finish_reason == "content_filter":
            return None  # refused: the same words would be refused again
        text = reply.text
        if heard.continued:
            text = join_continuation(heard.partial, reply.text)[0]
        variables = {
            **self._variables,
            "edit": "search_replace" if heard.edits else "",
            "reason": str(error),
            "reply": text,
            "code": heard.parent.source if heard.parent is not None else "",
        }
        cut = reply.finish_reason == "length" and bool(reply.text.strip())
        if cut and heard.continued < self._continuations and len(text) <= MAX_PARTIAL:
            self._statistics.continued += 1
            return heard.go_on(text, self._prompts.render_continuation(variables))
        if heard.attempt >= self._attempts:
            return None
        # Servers refuse an assistant's message without text.
        quoted = shorten(text, MAX_QUOTED) if text.strip() else "(empty reply)"
        return heard.again(quoted, self._prompts.render_repair(variables))

    def _record(
        self,
        dialogue: Dialogue,
        answer: Reply | LangPropError,
        outcome: str,
        *,
        child: str | None = None,
        reason: str = "",
    ) -> None:
        if self._cassette is None:
            return
        name, reply, error = dialogue.llm.name, None, ("", "")
        if isinstance(answer, Reply):
            name, reply = answer.llm or name, answer
        else:
            error = failure(answer)
        parameters = dialogue.llm.parameters
        exchange = Exchange(
            dialogue.request, name, reply, error, child, outcome, reason, parameters
        )
        self._cassette.record(exchange, dialogue.llm)

    def _conclude(self) -> None:
        """Tell once what went wrong; an error if nothing went right.

        Raises:
            LLMError: No request was answered.
        """
        if self._failures:
            if len(self._failures) == self._requests:
                raise self._failures[0]
            _log.warning(
                "%d of %d requests failed: %s",
                len(self._failures),
                self._requests,
                self._failures[0],
            )
        for reason, times in self._reasons.most_common(3):
            _log.warning("%d × no usable script: %s", times, reason)

    @property
    def reasons(self) -> list[str]:
        """Why scripts were given up, most frequent first."""
        reasons = [reason for reason, _ in self._reasons.most_common()]
        return reasons + list(dict.fromkeys(str(failure) for failure in self._failures))


def _usage(answer: Reply | LLMError) -> Usage:
    if isinstance(answer, Reply):
        return answer.usage
    if isinstance(answer, NotRecorded):  # nobody was asked
        return Usage()
    return Usage(1, usd=0.0)


def _forget(*args: Any, **kwargs: Any) -> None:
    """Record nothing: it stands there already."""
    del args, kwargs
