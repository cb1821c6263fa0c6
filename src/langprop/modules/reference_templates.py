"""Templates for checkpoints in the format of the paper's code, which has no Jinja."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from langprop.errors import TemplateError
from langprop.prompts.native import NativeTemplate

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.prompts.template import Template

_SETUP = """\
%% SYSTEM
You are an expert Python programmer.
%% USER
Please write the Python function `{{ function_name }}`.
STUB
An example of its arguments:

$begin
for value in args:
    print(value)
for name, value in kwargs.items():
    print(name, "=", value)
$end

What its answer will be compared with: {{ label }}

Answer with the whole script in one code block that begins with ```python.
"""

_UPDATE = """\
%% SYSTEM
You are an expert Python programmer.
%% USER
Please improve the Python function `{{ function_name }}`. Its mean score is {{ avg_score }}.
STUB
The script so far:

```python
{{ code }}
```

On one of its worst samples the score is {{ score }}. The arguments:

$begin
for value in args:
    print(value)
for name, value in kwargs.items():
    print(name, "=", value)
$end

What the answer is compared with: {{ label }}

$begin
if exception:
    print("It raised an exception:")
    print(exception)
else:
    print("The answer:", outputs)
if printed:
    print("It printed:")
    print(printed)
if feedback:
    print("Feedback:")
    print(feedback)
$end

Say what goes wrong. Then answer with the whole script in one code block that begins with ```python.
"""


class BrokenTemplate:
    """A template that isn't valid, of a checkpoint that is otherwise good; rendering it says why.

    Args:
        source: Text of the template.
        name: What errors call it.
        error: What is wrong with it.
    """

    def __init__(self, source: str, name: str, error: TemplateError) -> None:
        self.source, self.name, self._error = source, name, str(error)

    def render(self, variables: Mapping[str, Any]) -> NoReturn:  # noqa: ARG002 - as a Template
        """Refuse.

        Raises:
            TemplateError: Always.
        """
        raise TemplateError(self._error)


def opened(source: str, name: str) -> Template:
    """A template of a checkpoint; what is wrong with it is said when it is rendered."""
    try:
        return NativeTemplate(source, name=name)
    except TemplateError as error:
        return BrokenTemplate(source, name, error)


def sources(module: Module) -> tuple[str, str]:
    """Text of the setup and update templates in the syntax of the paper's code.

    In place of templates in Jinja there are short ones of ours.
    """
    # As a string in a line of Python: braces and `#` in it mean nothing there. Headers do.
    stub = re.sub(r"^%% ", " %% ", module.stub.strip(), flags=re.MULTILINE)
    shown = f"\n$ print({'```python' + chr(10) + stub + chr(10) + '```'!r})\n\n\n" if stub else "\n"
    ours = (_SETUP.replace("STUB\n", shown), _UPDATE.replace("STUB\n", shown))
    prompts = module.prompts
    if prompts is None:
        return ours
    return _source(prompts.setup, ours[0]), _source(prompts.update, ours[1])


def _source(template: Template, ours: str) -> str:
    return template.source if isinstance(template, (NativeTemplate, BrokenTemplate)) else ours
