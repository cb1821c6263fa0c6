"""The forward pass: scripts × samples → records.

- `evaluate`: judges scripts on samples.
- `evaluate_within`: judges scripts by what another module, which calls them, makes of them.
- `Batch`: samples that were read, for many scripts.
- `Judge`: turns what came out of a sample into a record.
- `rollout`: samples that take several calls.
"""

from langprop.evaluation.batch import Batch
from langprop.evaluation.forward import evaluate
from langprop.evaluation.within import evaluate_within
from langprop.sandbox.calls import KEPT_CALLS

__all__ = ["KEPT_CALLS", "Batch", "evaluate", "evaluate_within"]
