"""The parameters: source code.

- `Script`: one version of the code that is being trained.
- `parsing`: content ids, entry points, signatures; what is too large or too deep is refused.
- `reply`: an LLM's reply → source.
- `mutation`: typed random edits of the syntax tree.
"""

from langprop.scripts.script import Script

__all__ = ["Script"]
