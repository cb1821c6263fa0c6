"""What happens beside the training.

- `Callback`: the hooks.
- `Checkpoint`: copies of checkpoints that stay: every so many steps, or the best by a metric.
- `EarlyStopping`: ends the training at a target, or without progress.
- `LambdaCallback`: hooks from plain functions.
- `PrintBest`: prints the best script when there is a new one.
- `Progress`: the live display.
- `SaveBest`: keeps a file with the best script.
- `TimeLimit`: ends the training when its time is over, after the step that is under way.
"""

from langprop.callbacks.base import Callback
from langprop.callbacks.checkpoint import Checkpoint
from langprop.callbacks.early_stopping import EarlyStopping
from langprop.callbacks.lambda_callback import LambdaCallback
from langprop.callbacks.print_best import PrintBest
from langprop.callbacks.progress import Progress
from langprop.callbacks.save_best import SaveBest
from langprop.callbacks.time_limit import TimeLimit

__all__ = [
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "LambdaCallback",
    "PrintBest",
    "Progress",
    "SaveBest",
    "TimeLimit",
]
