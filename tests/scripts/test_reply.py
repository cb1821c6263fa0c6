"""Reading replies: text → source, or a reason that can be sent back."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.errors import ReplyError
from langprop.scripts.reply import read_reply

STUB = "def f(x: int) -> int:\n    ...\n"
CODE = "def f(x):\n    return x\n"


def read(text, **settings):
    return read_reply(text, "f", stub=STUB, **settings)


def why_not(text, **settings):
    with pytest.raises(ReplyError) as caught:
        read(text, **settings)
    return str(caught.value)


@pytest.mark.parametrize(
    "reply",
    [
        "Sure!\n```python\ndef f(x):\n    return x\n```\nDone.",
        "```\ndef f(x):\n    return x\n```",
        "```py\ndef f(x):\n    return x\n```",
        "```Python3\ndef f(x):\n    return x\n```",
        "``` python\ndef f(x):\n    return x\n```",
        '```python title="f.py"\ndef f(x):\n    return x\n```',
        "```{.python}\ndef f(x):\n    return x\n```",
        "```main.py\ndef f(x):\n    return x\n```",
        "~~~python\ndef f(x):\n    return x\n~~~",
        "````python\ndef f(x):\n    return x\n````",
        "```python\ndef f(x):\n    return x",  # left open
        "```python\ndef f(x):\n    return x\n```done",
        "```python\r\ndef f(x):\r\n    return x\r\n```\r\n",
        "  ```python\n  def f(x):\n      return x\n  ```",
        "1. So:\n   ```python\n   def f(x):\n       return x\n   ```",
        "- ```python\n  def f(x):\n      return x\n  ```",
        "> ```python\n> def f(x):\n>     return x\n> ```",
        ">>> def f(x):\n...     return x\n",
        "```pycon\n>>> def f(x):\n...     return x\n```",
        "def f(x):\n    return x",  # no fence at all
        "Here it is:\n\ndef f(x):\n    return x\n\nI hope (really",
        "from here on it's code:\ndef f(x):\n    return x\nThat's it.",
        "\ufeffdef f(x):\n    return x",
        "```bash\npip install x\n```\n```python\ndef f(x):\n    return x\n```\n```output\n5\n```",
        "```python\ndef f(x):\n    return x\n```\n```python\ndef f(x): ...\n```",
        "```python\ndef f(x):\n    return 0\n```\nBetter:\n```python\ndef f(x):\n    return x\n```",
        "```python\ndef f(x):\n    return x\n```\nUsage:\n```python\nprint(f(3))\n```",
        "<think>\n```python\ndef f(x):\n    return 0\n```\n</think>\n\ndef f(x):\n    return x",
        "Perhaps `return 0`? ```\n</think>\n```python\ndef f(x):\n    return x\n```",
        "```python\ndef g(x):\n    return x\n```",  # another name
    ],
)
def test_the_script_is_found(reply):
    assert read(reply) == CODE


@pytest.mark.parametrize(
    ("reply", "source"),
    [
        ("```python\ndef f(x):\n\treturn x\n```", "def f(x):\n\treturn x\n"),
        (
            "```python\ndef f(x):\n\tif x:\n        return 1\n```",  # tabs and blanks mixed
            "def f(x):\n    if x:\n        return 1\n",
        ),
        (
            "```python\ndef f(x):\n    '''Doc.\n```\nf(1)\n```\n'''\n    return x\n```\nEnd.",
            "def f(x):\n    '''Doc.\n```\nf(1)\n```\n'''\n    return x\n",
        ),
        (
            "```python\nimport math\ndef helper(x):\n    return x\n```\n"
            "```python\ndef unused():\n    pass\n```\n"
            "```python\ndef f(x):\n    return helper(x)\n```",
            "import math\ndef helper(x):\n    return x\n\n\ndef f(x):\n    return helper(x)\n",
        ),
        (
            "```python\ndef f(x):\n    a = 1\n```\nand then\n```python\n    return a\n```",
            "def f(x):\n    a = 1\n    return a\n",
        ),
        (
            "```python\nfrom __future__ import annotations\nimport math\n```\n"
            "```python\nfrom __future__ import annotations\ndef f(x):\n    return math.pi\n```",
            "from __future__ import annotations\nimport math\n\n\ndef f(x):\n    return math.pi\n",
        ),
        (
            "```python\ndef g(x):\n    é = 'g'; return g(x - 1) if x else é\n```",
            "def f(x):\n    é = 'g'; return f(x - 1) if x else é\n",
        ),
        ("```python\n@deco\ndef g(x): return g\n```", "@deco\ndef f(x): return f\n"),
        (
            "```python\ndef helper():\n    pass\n\ndef f(x):\n    return helper()\n```",
            "def helper():\n    pass\n\ndef f(x):\n    return helper()\n",
        ),
    ],
)
def test_what_belongs_to_it_is_kept(reply, source):
    assert read(reply) == source


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "it is empty"),
        (" \n ", "it is empty"),
        ("I can't do that.", "holds no code"),
        ("```python\n```", "holds no code"),
        ("```json\n{}\n```", "holds no code"),
        ("```python\nx = 1\n```", "defines no function"),
        ("```python\nf = lambda x: x\n```", "defines no function"),
        ("```python\ndef f(x:\n    return x\n```", "no valid Python"),
        ("```python\ndef a(x): ...\ndef b(x): ...\n```", "defines 'a', 'b', but not 'f'"),
        ("```python\ndef g(x):\n    g = 1\n    return g\n```", "defines 'g', but not 'f'"),
        ("```python\ndef f(x):\n    return x\nreturn 1\n```", "'return' outside function"),
        ("```python\ndef g(y):\n    return y\n```", "defines 'g', but not 'f'"),
        ("```python\nasync def f(x):\n    return x\n```", "is `async def`"),
        (
            "```python\nclass S:\n    def f(self, x):\n        return x\n```",
            "method of the class 'S'",
        ),
        ("```python\ndef f():\n    return 1\n```", r"lacks the parameter 'x'"),
        ("```python\ndef f(y):\n    return 1\n```", r"must be 'x', but is 'y'"),
        ("```python\ndef f(x, y):\n    return 1\n```", r"'y' must have a default"),
        ("```python\ndef f(x):\n    return '\x00'\n```", "null bytes|can't be parsed"),
        ("```javascript\nfunction f(x) { return x }\n```", "is JavaScript, not Python"),
        ("```python\n" + "(" * 100_000 + "\n```", "nests brackets"),
        ("x" * 5_000_000, "has 5,000,000 characters"),
    ],
)
def test_a_reply_without_a_script_says_why(reply, reason):
    with pytest.raises(ReplyError, match=reason):
        read(reply)


@pytest.mark.parametrize(
    "signature",
    ["f(x, y=1)", "f(x, *rest)", "f(*args, **kwargs)", "f(x, *, y=None)", "f(x, **kwargs)"],
)
def test_a_signature_may_take_more(signature):
    assert read(f"```python\ndef {signature}:\n    return 1\n```")


@pytest.mark.parametrize(
    ("signature", "stub", "reason"),
    [
        ("f(x, /)", "f(x)", "must be 'x'"),
        ("f(y, /)", "f(x, /)", ""),
        ("f(*args)", "f(x)", "lacks the parameter 'x'"),
        ("f(x)", "f(x, y=1)", "lacks the parameter 'y'"),
        ("f(x, y)", "f(x, y=1)", "'y' must have a default"),
        ("f(x)", "f(x, *, mode)", "lacks the keyword parameter 'mode'"),
        ("f(x, mode)", "f(x, *, mode)", "'mode' must have a default"),
        ("f(x, *, mode)", "f(x, *, mode=1)", "'mode' must have a default"),
        ("f(x)", "f(x, *more)", r"lacks \*more"),
        ("f(x)", "f(x, **more)", r"lacks \*\*more"),
    ],
)
def test_every_call_of_the_specification_must_fit(signature, stub, reason):
    reply = f"```python\ndef {signature}:\n    return 1\n```"
    stub = f"def {stub}:\n    ...\n"
    if not reason:
        assert read_reply(reply, "f", stub=stub)
        return
    with pytest.raises(ReplyError, match=reason):
        read_reply(reply, "f", stub=stub)


def test_imports_of_the_specification_are_added_where_they_are_used():
    stub = "import numpy as np\nimport math\n\n\ndef f(x: np.ndarray) -> float:\n    ...\n"
    reply = "```python\ndef f(x: np.ndarray) -> float:\n    return 1.0\n```"
    assert read_reply(reply, "f", stub=stub) == (
        "import numpy as np\n\n\ndef f(x: np.ndarray) -> float:\n    return 1.0\n"
    )


def test_a_reply_that_was_cut_off_is_not_half_a_script():
    half = "```python\ndef f(x):\n    y = x"
    assert read(half) == "def f(x):\n    y = x\n"
    assert "cut off" in why_not(half, truncated=True)
    assert "cut off" in why_not("I think that", truncated=True)
    assert "limit of tokens" in why_not("", truncated=True)
    assert read("```python\n" + CODE + "```\nThis scr", truncated=True) == CODE


def test_a_huge_number_of_fences_is_read_quickly():
    assert "no valid Python" in why_not("```\nx y\n```\n" * 80_000)
    assert read("~~~\n" * 200_000 + "\n```python\n" + CODE + "```") == CODE


_LINES = [
    "```",
    "```python",
    "~~~",
    "> ",
    "def f(x):",
    "    return x",
    "text",
    ">>> f(1)",
    "",
    "'''",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_LINES), max_size=12).map("\n".join) | st.text(max_size=60))
def test_any_text_gives_a_script_or_a_reason(text):
    try:
        source = read(text)
    except ReplyError as error:
        assert str(error)  # noqa: PT017 - either is right
        return
    assert any(isinstance(n, ast.FunctionDef) and n.name == "f" for n in ast.parse(source).body)
