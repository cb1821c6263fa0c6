"""The training.

- `Trainer`: fit, validate, test.
- `Report`: the outcome of a validation or test.
- `RunDir`: a run's folder: scripts, metrics, configuration, checkpoint.
- `load`: a trained module from such a folder.
- `compare.compare`: optimizers on the same task, seeds and budget (`contest`, `bout`, `trial`,
  `comparison`, `intervals`).

A run, from its beginning: `course` (its data), `beginning`, `fingerprint`, `loops`, `step`,
`retest`, `writing`, `validation`, `state`, `recorder`; `workplace` and `allowance` are where it
runs and what it may spend, `hooks` are its callbacks'.
"""

from langprop.trainer.loaded import load
from langprop.trainer.report import Report
from langprop.trainer.run_dir import RunDir
from langprop.trainer.trainer import Trainer

__all__ = ["Report", "RunDir", "Trainer", "load"]
