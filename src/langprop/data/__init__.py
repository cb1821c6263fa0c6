"""Samples → batches.

- `batches`: any iterable, in batches; a PyTorch `DataLoader` or another loader of batches serves as
  it is.
"""

from langprop.data.batches import batches

__all__ = ["batches"]
