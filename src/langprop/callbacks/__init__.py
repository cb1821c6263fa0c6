"""What happens beside the training.

- `Callback`: the hooks.
- `EarlyStopping`: ends the training at a target, or without progress.
- `Progress`: the live display.
"""

from langprop.callbacks.base import Callback
from langprop.callbacks.early_stopping import EarlyStopping
from langprop.callbacks.progress import Progress

__all__ = ["Callback", "EarlyStopping", "Progress"]
