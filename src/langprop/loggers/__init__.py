"""Where figures go.

- `Logger`: the contract.
- `JSONLogger`: JSON lines in the run folder, always on.
- `WandbLogger`, `MLflowLogger`, `TensorBoardLogger`: other programs, each through an extra of its
  name; they also get the configuration, the best scripts and the failures.
- `failures`: the table of what went wrong in a step.
"""

from langprop.loggers.base import Logger
from langprop.loggers.jsonl import JSONLogger
from langprop.loggers.mlflow import MLflowLogger
from langprop.loggers.table import failures
from langprop.loggers.tensorboard import TensorBoardLogger
from langprop.loggers.wandb import WandbLogger

__all__ = [
    "JSONLogger",
    "Logger",
    "MLflowLogger",
    "TensorBoardLogger",
    "WandbLogger",
    "failures",
]
