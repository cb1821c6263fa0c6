"""Reinforcement learning: any Gymnasium environment.

- `EnvModule`: a policy that is trained from returns alone; a sample is a reset seed.
"""

from langprop.rl.module import EnvModule

__all__ = ["EnvModule"]
