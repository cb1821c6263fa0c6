"""Where metrics go.

- `Logger`: the contract.
- `JSONLogger`: JSON lines in the run folder, always on.
"""

from langprop.loggers.base import Logger
from langprop.loggers.jsonl import JSONLogger

__all__ = ["JSONLogger", "Logger"]
