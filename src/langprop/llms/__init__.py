"""Messages → replies.

- `LLM`: the contract; a backend needs one method. `Request`, `Reply`, `Usage`: what goes and comes.
- Backends: `openai` (any compatible server, Azure), `anthropic`, `litellm`, `command` (a program),
  `exchange` (files in a folder), `replay` (a recording), `callable` (a function), `ensemble`
  (several as one). `background.AsyncLLM` is the base of those behind a network.
- Calls: `pool` (many in flight), `retry` (when to try again), `explain` (errors in words).
- Costs: `prices`, `account`, `budget`. `cassette`: every exchange, on file. `secrets`: blotted out.
"""

from typing import TYPE_CHECKING, Any

from langprop.llms.base import LLM, Reply, Request, Usage
from langprop.llms.callable import CallableLLM
from langprop.llms.pool import RequestPool, generate_all

if TYPE_CHECKING:
    from langprop.llms.openai import OpenAILLM

__all__ = [
    "LLM",
    "CallableLLM",
    "OpenAILLM",
    "Reply",
    "Request",
    "RequestPool",
    "Usage",
    "generate_all",
]


def __getattr__(name: str) -> Any:
    """Load what needs the network's machinery on first use."""
    if name == "OpenAILLM":
        from langprop.llms.openai import OpenAILLM

        return OpenAILLM
    raise AttributeError(f"module 'langprop.llms' has no attribute {name!r}")
