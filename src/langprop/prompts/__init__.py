"""Variables → messages: what a language model is asked.

- `Message`: one turn of a conversation.
- `Prompts`: the templates of one module: setup, update, crossover, repair, continuation; our own
  lie in `templates/`.
- `Template`: the contract of an engine, which is chosen by the file's suffix.
- `jinja`: the engine for `.jinja`, in Jinja's sandbox.
- `abbreviate`: a value of any size as a text that a reader can judge; `writer` does the writing,
  and `digits` rounds.
- `difference`: where an answer and what it is compared with differ.
- `focus`: which places of the inputs an exception is about.
- `fenced`: text as a code block that it can't break out of.
"""

from langprop.prompts.abbreviate import abbreviate
from langprop.prompts.fence import fenced
from langprop.prompts.message import Message, Role
from langprop.prompts.prompts import Prompts
from langprop.prompts.template import Template, load_template

__all__ = ["Message", "Prompts", "Role", "Template", "abbreviate", "fenced", "load_template"]
