"""The training.

- `Trainer`: fit, validate, test.
- `Report`: the outcome of a validation or test.
- `RunDir`: a run's folder: scripts, metrics, configuration, checkpoint.
- `load`: a trained module from such a folder.
"""

from langprop.trainer.report import Report
from langprop.trainer.run_dir import RunDir, load
from langprop.trainer.trainer import Trainer

__all__ = ["Report", "RunDir", "Trainer", "load"]
