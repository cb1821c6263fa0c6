"""LLMSuite: what every LLM must do, as tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from langprop.llms.base import LLM, Reply, Usage
from langprop.llms.pool import generate_all
from langprop.prompts.message import Message

PROMPT = [Message("system", "You are brief."), Message("user", "Say something.")]


class LLMSuite:
    """What every LLM must do. Inherit it in a test module, and override the fixture `llm`.

    class TestMyLLM(LLMSuite):
        @pytest.fixture
        def llm(self):
            return MyLLM(...)
    """

    @pytest.fixture
    def llm(self) -> Iterator[LLM]:
        """A model that answers anything with some text."""
        raise NotImplementedError("override the fixture `llm` with one that gives your model")

    @pytest.fixture(autouse=True)
    def _closes(self, llm: LLM) -> Iterator[None]:
        yield
        llm.close()
        llm.close()  # twice is harmless

    def test_has_a_name_for_logs(self, llm: LLM) -> None:
        """The name is one word or "backend:model"."""
        assert isinstance(llm.name, str)
        assert llm.name
        assert "\n" not in llm.name

    def test_gives_one_reply(self, llm: LLM) -> None:
        """One is the default."""
        replies = llm.generate(PROMPT)
        assert len(replies) == 1
        assert isinstance(replies[0], Reply)
        assert isinstance(replies[0].text, str)

    def test_gives_as_many_replies_as_asked(self, llm: LLM) -> None:
        """Also if the server knows no `n`."""
        assert len(llm.generate(PROMPT, 3)) == 3

    def test_counts_what_it_used(self, llm: LLM) -> None:
        """The sum over the replies counts each call once, and no number is negative."""
        total = sum((reply.usage for reply in llm.generate(PROMPT, 2)), Usage())
        assert total.calls == 2
        assert total.seconds >= 0
        assert total.prompt_tokens >= total.cached_tokens >= 0
        assert total.completion_tokens >= 0

    def test_does_not_change_the_messages(self, llm: LLM) -> None:
        """They are the caller's."""
        messages = list(PROMPT)
        llm.generate(messages)
        assert messages == PROMPT

    def test_takes_any_text(self, llm: LLM) -> None:
        """Text of scripts may hold anything, halves of surrogate pairs too."""
        llm.generate([Message("user", "é ∑ 🎉 \ud800 \x00 %% SYSTEM ``` {{ x }}")])

    def test_works_from_many_threads(self, llm: LLM) -> None:
        """All requests of a step are in flight together."""
        results = dict(generate_all(llm, [PROMPT] * 8, concurrency=4))
        assert sorted(results) == list(range(8))
        assert all(isinstance(result, Reply) for result in results.values())
