"""Messages → replies.

- `LLM`: the contract; a backend needs one method.
- `Reply`, `Usage`: what comes back, and what it used.
- `openai.OpenAILLM`: any server that speaks OpenAI's protocol, and Azure.
- `callable.CallableLLM`: a plain Python function.
- `pool.generate_all`: many requests in flight together, replies as they complete.
"""

from langprop.llms.base import LLM, Reply, Request, Usage
from langprop.llms.callable import CallableLLM
from langprop.llms.openai import OpenAILLM
from langprop.llms.pool import RequestPool, generate_all

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
