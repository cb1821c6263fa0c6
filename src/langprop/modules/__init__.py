"""The function that is being trained.

- `Module`: the class that users subclass: how samples become arguments, how answers are judged.
- `module`: a decorator that makes a Module of a stub.
- `Stub`: a function's specification, read from its source.
- `Score`, `exact_match`: what `Module.score` may return, and the usual score.
- `links.Links`: the scripts of other modules, which a module's scripts call; `bundle.bundle` writes
  them into one file.

(The folder isn't called `module`, because importing it would hide the decorator `langprop.module`.)
"""

from langprop.modules.function import FunctionModule, module
from langprop.modules.module import Module
from langprop.modules.score import Score, exact_match
from langprop.modules.stub import Stub

__all__ = ["FunctionModule", "Module", "Score", "Stub", "exact_match", "module"]
