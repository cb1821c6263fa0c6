"""The forward pass: scripts × samples → records.

- `evaluate`: judges scripts on samples.
- `evaluate_within`: judges scripts by what another module, which calls them, makes of them.
- `Batch`: samples that were read, for many scripts.
- `Judge`: turns what came out of a sample into a record.
- `rollout`: samples that take several calls.

Inside a rollout: a `lane` is a sample on its way, a `candidate` a script with its samples, a
`flight` candidates whose calls are being made, a `roller` all of this in one process. A `spread`
divides scripts between the roller here and helpers, which are `outside`: there, `serve` has a
roller of its own, and both talk in `messages`. A `watch` tells whoever waits how it goes.
"""

from langprop.evaluation.batch import Batch
from langprop.evaluation.forward import evaluate
from langprop.evaluation.within import evaluate_within
from langprop.sandbox.calls import KEPT_CALLS

__all__ = ["KEPT_CALLS", "Batch", "evaluate", "evaluate_within"]
