"""The parameters: source code.

- `Script`: one version of the code that is being trained.
- `parsing`: content ids, entry points, signatures; what is too large or too deep is refused.
- `reply`: an LLM's reply → source; `edits` and `patch`: one that changes a script.
- `continuation`: a reply that was cut off, and what came when the model was asked to go on.
- `mutation`: typed random edits of the syntax tree.
- `service`: these as operations of a guarded process, for source that a model wrote.
"""

from langprop.scripts.script import Script

__all__ = ["Script"]
