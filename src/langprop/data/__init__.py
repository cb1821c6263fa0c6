"""Samples → batches.

- `read_data`: samples from CSV, JSON lines, JSON, Parquet and npz files, and from import strings.
- `batches`: any iterable, in batches; a PyTorch `DataLoader` or another loader of batches serves as
  it is.
"""

from langprop.data.batches import batches
from langprop.data.files import read_data

__all__ = ["batches", "read_data"]
