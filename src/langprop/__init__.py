"""LangProp: PyTorch Lightning for code.

The parameters are Python scripts, an LLM (or offline mutation) is the optimizer, and the gradient
is what the tracker saw: inputs, outputs, exceptions, prints and scores. The names below are loaded
on first use, so that `import langprop` loads no other package.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langprop.callbacks.base import Callback as Callback
    from langprop.callbacks.checkpoint import Checkpoint as Checkpoint
    from langprop.callbacks.early_stopping import EarlyStopping as EarlyStopping
    from langprop.callbacks.lambda_callback import LambdaCallback as LambdaCallback
    from langprop.callbacks.print_best import PrintBest as PrintBest
    from langprop.callbacks.progress import Progress as Progress
    from langprop.callbacks.save_best import SaveBest as SaveBest
    from langprop.callbacks.time_limit import TimeLimit as TimeLimit
    from langprop.errors import EnvError as EnvError
    from langprop.errors import LangPropError as LangPropError
    from langprop.errors import PolicyError as PolicyError
    from langprop.evaluation.forward import evaluate as evaluate
    from langprop.executors.base import Executor as Executor
    from langprop.executors.inline import InlineExecutor as InlineExecutor
    from langprop.executors.local import LocalExecutor as LocalExecutor
    from langprop.llms.anthropic import AnthropicLLM as AnthropicLLM
    from langprop.llms.base import LLM as LLM
    from langprop.llms.base import Reply as Reply
    from langprop.llms.base import Request as Request
    from langprop.llms.base import Usage as Usage
    from langprop.llms.budget import Budget as Budget
    from langprop.llms.command import CommandLLM as CommandLLM
    from langprop.llms.ensemble import Ensemble as Ensemble
    from langprop.llms.exchange import ExchangeLLM as ExchangeLLM
    from langprop.llms.litellm import LiteLLM as LiteLLM
    from langprop.llms.openai import OpenAILLM as OpenAILLM
    from langprop.llms.price import Price as Price
    from langprop.llms.replay import ReplayLLM as ReplayLLM
    from langprop.llms.retry import Retry as Retry
    from langprop.modules.function import module as module
    from langprop.modules.module import Module as Module
    from langprop.modules.score import Score as Score
    from langprop.modules.score import exact_match as exact_match
    from langprop.optim.best_of_n import BestOfN as BestOfN
    from langprop.optim.llm import LLMOptimizer as LLMOptimizer
    from langprop.optim.mutation import MutationOptimizer as MutationOptimizer
    from langprop.optim.optimizer import Optimizer as Optimizer
    from langprop.optim.random_search import RandomSearch as RandomSearch
    from langprop.population.policy import Policy as Policy
    from langprop.population.population import Population as Population
    from langprop.population.record import Record as Record
    from langprop.population.selection import top_k as top_k
    from langprop.population.tracker import Tracker as Tracker
    from langprop.prompts.message import Message as Message
    from langprop.prompts.prompts import Prompts as Prompts
    from langprop.rl.episode import Episode as Episode
    from langprop.rl.module import EnvModule as EnvModule
    from langprop.sandbox.inputs import Inputs as Inputs
    from langprop.sandbox.isolation import Isolation as Isolation
    from langprop.sandbox.limits import Limits as Limits
    from langprop.scripts.script import Script as Script
    from langprop.trainer.compare import compare as compare
    from langprop.trainer.comparison import Comparison as Comparison
    from langprop.trainer.loaded import load as load
    from langprop.trainer.trainer import Trainer as Trainer

__version__ = "0.1.0"

_HOME = {
    "AnthropicLLM": "langprop.llms.anthropic",
    "BestOfN": "langprop.optim.best_of_n",
    "Budget": "langprop.llms.budget",
    "Callback": "langprop.callbacks.base",
    "Checkpoint": "langprop.callbacks.checkpoint",
    "CommandLLM": "langprop.llms.command",
    "Comparison": "langprop.trainer.comparison",
    "EarlyStopping": "langprop.callbacks.early_stopping",
    "Ensemble": "langprop.llms.ensemble",
    "EnvError": "langprop.errors",
    "EnvModule": "langprop.rl.module",
    "Episode": "langprop.rl.episode",
    "ExchangeLLM": "langprop.llms.exchange",
    "Executor": "langprop.executors.base",
    "InlineExecutor": "langprop.executors.inline",
    "Inputs": "langprop.sandbox.inputs",
    "Isolation": "langprop.sandbox.isolation",
    "LLM": "langprop.llms.base",
    "LLMOptimizer": "langprop.optim.llm",
    "LambdaCallback": "langprop.callbacks.lambda_callback",
    "LangPropError": "langprop.errors",
    "Limits": "langprop.sandbox.limits",
    "LiteLLM": "langprop.llms.litellm",
    "LocalExecutor": "langprop.executors.local",
    "Message": "langprop.prompts.message",
    "Module": "langprop.modules.module",
    "MutationOptimizer": "langprop.optim.mutation",
    "OpenAILLM": "langprop.llms.openai",
    "Optimizer": "langprop.optim.optimizer",
    "Policy": "langprop.population.policy",
    "PolicyError": "langprop.errors",
    "Population": "langprop.population.population",
    "Price": "langprop.llms.price",
    "PrintBest": "langprop.callbacks.print_best",
    "Progress": "langprop.callbacks.progress",
    "Prompts": "langprop.prompts.prompts",
    "RandomSearch": "langprop.optim.random_search",
    "Record": "langprop.population.record",
    "ReplayLLM": "langprop.llms.replay",
    "Reply": "langprop.llms.base",
    "Request": "langprop.llms.base",
    "Retry": "langprop.llms.retry",
    "SaveBest": "langprop.callbacks.save_best",
    "Score": "langprop.modules.score",
    "Script": "langprop.scripts.script",
    "TimeLimit": "langprop.callbacks.time_limit",
    "Tracker": "langprop.population.tracker",
    "Trainer": "langprop.trainer.trainer",
    "Usage": "langprop.llms.base",
    "compare": "langprop.trainer.compare",
    "evaluate": "langprop.evaluation.forward",
    "exact_match": "langprop.modules.score",
    "load": "langprop.trainer.loaded",
    "module": "langprop.modules.function",
    "top_k": "langprop.population.selection",
}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604 - the table's keys are strings


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'langprop' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
