"""Reinforcement learning: any Gymnasium environment.

- `EnvModule`: a policy that is trained from returns alone; a sample is a reset seed.
- `Episode`: what happened between a reset and the end.
- `EnvError`: an environment failed.
- `Envs`: the environments of a module, made as they are needed.
- `action_reader`, `argument_reader`: between spaces and plain data.
- `make_stub`: the stub of a policy, from an environment's spaces and documentation.
- `in_words`: spaces in words.
"""

from langprop.errors import EnvError
from langprop.rl.episode import Episode
from langprop.rl.module import EnvModule

__all__ = ["EnvError", "EnvModule", "Episode"]
