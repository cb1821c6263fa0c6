"""Reads the memory, writes new scripts.

- `Optimizer`: the contract: `setup` writes the first scripts, `update` the children.
- `llm.LLMOptimizer`: a language model writes the scripts.
- `mutation.MutationOptimizer`: random edits of the syntax tree; no model, no network.
- `best_of_n.BestOfN`, `random_search.RandomSearch`: their baselines, which learn nothing from what
  was seen.
- `workshop.Workshop`: reads and edits source in a guarded process; `answer` judges what it says.
- `feedback`: what a policy did → variables of the prompts; `choice` of the samples that are shown
  (`resemblance` of their inputs), `summary` of them all.
"""

from langprop.optim.optimizer import Optimizer

__all__ = ["Optimizer"]
