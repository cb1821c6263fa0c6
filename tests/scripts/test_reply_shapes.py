"""Shapes of replies: what servers, chat templates and models make of one and the same script."""

import html
import json
import time
from pathlib import Path

import pytest

from langprop.errors import ReplyError
from langprop.scripts.parsing import content_id
from langprop.scripts.reply import read_reply

STUB = "def f(x: int) -> int:\n    ...\n"
CODE = "def f(x):\n    if x < 3 and x > 1:\n        return 'a' + \"b\"\n    return x\n"
FENCED = f"```python\n{CODE}```"
DRAFT = "```python\ndef f(x):\n    return 0\n```"
LINES = CODE.splitlines()


def read(text, **settings):
    return read_reply(text, "f", stub=STUB, **settings)


def why_not(text, **settings):
    with pytest.raises(ReplyError) as caught:
        read(text, **settings)
    return str(caught.value)


SHAPES = {
    "json": json.dumps({"explanation": "so", "code": CODE}),
    "json in a fence": "```json\n" + json.dumps({"code": CODE}, indent=1) + "\n```",
    "json in prose": "Here {x}:\n" + json.dumps({"reasoning": "a", "code": CODE}) + "\nDone.",
    "json with a fence in it": json.dumps({"answer": {"script": FENCED}}),
    "json line by line": json.dumps({"code": LINES}),
    "json list": json.dumps([{"code": CODE}]),
    "json with raw line breaks": '{"code": "' + CODE.replace('"', '\\"') + '"}',
    "tool call": f'<tool_call>\n{{"arguments": {{"code": {json.dumps(CODE)}}}}}\n</tool_call>',
    "tag": f"Sure.\n<code>\n{CODE}</code>\nBye (or not",
    "tag with attributes": f'<file path="a.py">\n{CODE}</file>',
    "tag in a tag": f"<answer>Text <code>\n{CODE}</code></answer>",
    "tag around a fence": f"<answer>\n{FENCED}\n</answer>",
    "tag and entities": f"<code>\n{html.escape(CODE)}</code>",
    "cdata": f"<code><![CDATA[\n{CODE}]]></code>",
    "square tag": f"[PYTHON]\n{CODE}[/PYTHON]",
    "token for code": f"<|python_tag|>{CODE}<|eom_id|>",
    "html": f'<pre><code class="language-python">{html.escape(CODE)}</code></pre>',
    "end token": FENCED + "<｜end▁of▁sentence｜>",
    "channels": f"<|channel|>analysis<|message|>We\n{DRAFT}<|end|><|start|>assistant"
    f"<|channel|>final<|message|>{FENCED}<|return|>",
    "thoughts": f"<think>\n{DRAFT}\n</think>\n{FENCED}",
    "thoughts without a start": f"hm\n{DRAFT}\n</think>\n{FENCED}",
    "thoughts and nothing else": f"<think>so\n{FENCED}\n</think>\n",
    "thoughts in square brackets": f"[THINK]a\n{DRAFT}\n[/THINK]{FENCED}",
    "thoughts in triangles": f"◁think▷{DRAFT}◁/think▷{FENCED}",
    "reasoning first": f"<reasoning>\n{DRAFT}\n</reasoning>\n<code>\n{CODE}</code>",
    "reasoning last": f"<code>\n{CODE}</code>\n<reasoning>\nSo.\n</reasoning>\n</response>",
    "entities": f"```python\n{html.escape(CODE)}```",
    "some entities": "```python\n" + CODE.replace("<", "&lt;") + "```",
    "smart quotes": FENCED.replace("'a'", "‘a’").replace('"b"', "“b”"),
    "no-break spaces": FENCED.replace("    ", "\u00a0" * 4),
    "one no-break space": FENCED.replace("    return x", "\u00a0   return x"),
    "zero width": FENCED.replace("return x", "ret\u200burn x"),
    "full width": FENCED.replace("(x):", "（x）："),
    "plus in front": "```diff\n" + "\n".join("+" + line for line in LINES) + "\n```",
    "diff of a new file": "```diff\n--- /dev/null\n+++ b/f.py\n@@ -0,0 +1,4 @@\n"
    + "\n".join("+" + line for line in LINES)
    + "\n```",
    "Chinese": f"好的，这是代码：\n\n{CODE}\n希望对你有帮助！",
    "Chinese with a fence": f"好的，这是代码：\n\n{FENCED}\n\n希望对你有帮助！",
    "German": f"Hier kommt es:\n\n{CODE}\nViel Erfolg (und so",
    "Russian": f"Вот код:\n{CODE}Готово.",
    "words that are Python": f"Sure\n\n{CODE}\nDone",
    "indented Markdown": "Here:\n\n" + "\n".join("    " + line for line in LINES) + "\n\nSo (what",
    "quoted": "> " + FENCED.replace("\n", "\n> "),
    "LaTeX": "\\begin{lstlisting}\n" + CODE + "\\end{lstlisting}",
    "before and after": f"Before:\n{DRAFT}\nAfter:\n{FENCED}",
    "after and before": f"After:\n{FENCED}\nBefore:\n{DRAFT}",
    "usage": f"{FENCED}\nUsage:\n```python\nfrom solution import f\nprint(f(3))\n```",
    "tests": f"{FENCED}\nTests:\n```python\ndef test_f():\n    assert f(3) == 3\n\ntest_f()\n```",
    "shell": f"```bash\npip install x\n```\n{FENCED}\n```output\n5\n```",
    "byte order mark": "\ufeff" + FENCED.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_script_is_the_same(shape):
    assert read(SHAPES[shape]) == CODE


@pytest.mark.parametrize(
    "style",
    ["{} | {}", "{}: {}", "{:>3} {}", "{:>4}\t{}", "{}. {}", "L{}: {}", "{:03d}  {}", "{:>5}→{}"],
)
def test_numbers_of_lines_are_taken_off(style):
    numbered = "\n".join(style.format(n, line) for n, line in enumerate(LINES, 1))
    assert read(f"```python\n{numbered}\n```") == CODE


@pytest.mark.parametrize(
    "code",
    [
        "def f(x):\n    return x.replace('<', '&lt;')\n",
        "def f(x):\n    return '\u00a0“\u200b'\n",
        CODE + '\n\nif __name__ == "__main__":\n    print(f(3))\n',
        'def f(x):\n    """Doc.\n\n    ```python\n    f(3)\n    ```\n    """\n    return x\n',
        "def f(x):\n    return '</think>', '<|endoftext|>'\n",
        "def f(x):\n    return foo(x)\n",
    ],
)
def test_what_is_right_stays_as_it_is(code):
    assert read(f"Text.\n\n```python\n{code}```\nText.") == code


def test_only_what_stands_outside_of_strings_is_changed():
    code = "def f(x):\n    y\u200b = '\u200b'\n    return y ≤ '≤'\n"
    assert read(f"```python\n{code}```") == "def f(x):\n    y = '\u200b'\n    return y <= '≤'\n"
    code = "def f(x):\n    y = x &lt; 3\n    return y\n"  # which is Python as it is
    assert read(f"```python\n{code}```") == "def f(x):\n    y = x < 3\n    return y\n"


def test_a_quoted_parent_is_not_the_answer():
    reply = f"{FENCED}\nI changed this:\n```python\ndef f(x):\n    return 0\n```"
    assert read(reply) == "def f(x):\n    return 0\n"
    assert read(reply, parent="def f(x):\n    return 0  # nothing\n") == CODE


PARENT = (
    "import numpy as np\nA = 3\n\n\ndef h(x):\n    return x + A\n\n\ndef f(x):\n    return h(x)\n"
)


def test_what_a_reply_leaves_out_of_the_parent_is_taken_over():
    source = read("```python\ndef f(x):\n    return h(x) + np.pi\n```", parent=PARENT)
    wanted = PARENT.replace("return h(x)\n", "return h(x) + np.pi\n")
    assert content_id(source, "f") == content_id(wanted, "f")


def test_a_helper_alone_takes_the_place_of_the_old_one():
    source = read("```python\ndef h(x):\n    return x * A\n```", parent=PARENT)
    assert source == PARENT.replace("x + A", "x * A")
    assert "defines 'h', but not 'f'" in why_not(
        "```python\ndef h(x):\n    return x + A\n```", parent=PARENT
    )


def test_a_whole_script_needs_nothing_of_the_parent():
    assert read(FENCED, parent=PARENT) == CODE
    assert read(FENCED, parent="def f(:") == CODE


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("function f(x) {\n  return x;\n}", "its code is JavaScript, not Python"),
        ("```cpp\n#include <x>\nint f(int x) { return x; }\n```", r"its code is C\+\+"),
        ("```\nfn f(x: i32) -> i32 {\n  x\n}\n```", "its code is Rust"),
        ("<!DOCTYPE html><html><title>502 Bad\nGateway</title>", r"page with the title '502 Bad G"),
        ("<html><body>nginx</body></html>", "is a web page, not an answer"),
        ("```python\ndef f(x):\n    y = (x\n    return y\n```", r"\(line 2\):  y = \(x  \."),
        ("```diff\n@@\n-    return 1\n+    return 2\n```", "nothing to edit"),
        ("<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE", "nothing to edit"),
        ('{"error": {"message": "overloaded"}}', "holds no code"),
        ("{" * 1000 + '"', "holds no code"),
    ],
)
def test_reasons_say_what_it_is(reply, reason):
    with pytest.raises(ReplyError, match=reason):
        read(reply)


def test_a_model_that_was_cut_off_while_thinking_has_no_answer():
    assert "still thinking" in why_not(f"<think>so\n{DRAFT}\n", truncated=True)
    assert read(f"<think>so\n{FENCED}\n") == CODE


REFERENCE = json.loads(
    Path(__file__).with_name("reference_replies.json").read_text(encoding="utf-8")
)
# Where the reference's rule (all blocks that begin with ```python, joined) gives a usable script,
# so does ours. On purpose it isn't always the same: what the script doesn't need is left out.
OTHERS = {"two blocks are joined with an empty line": "def f(x):\n    return x\n"}


@pytest.mark.parametrize("case", REFERENCE, ids=[case["name"] for case in REFERENCE])
def test_what_the_reference_reads_is_read(case):
    code = case["code"].replace("\r\n", "\n")
    try:
        compile(code, "<reference>", "exec")
        usable = "def f(" in code
    except SyntaxError:
        usable = False
    try:
        source = read_reply(case["response"], "f")
    except ReplyError:
        assert not usable
        return
    assert "def f(" in source
    if usable:
        assert source.strip() == OTHERS.get(case["name"], code).strip()


HUGE = {
    "prose": "The quick brown fox. " * 47_000,
    "prose and a definition": "import os\nThe quick brown fox.\n" * 6_000
    + "def f(x):\n    y = (\n",
    "broken definitions": "def f(x):\n    return (\nfoo bar\n" * 6_000,
    "broken blocks": ("```python\n" + "def f(x):\n    y\n" * 400 + "a b &lt; \u00a0\n```\n") * 90,
    "nested fences": ("```python\n'''\n" + "x\n" * 400 + "```\n") * 1_000,
    "fences of all lengths": "".join(("~" * n + "\n") * 2 for n in range(900, 3, -1)),
    "open tags": "<code>" * 150_000,
    "tags": "<code>\nfoo bar\n</code>\n" * 40_000,
    "objects in objects": '{"a":' * 180_000,
    "objects": '{"a": "b"} ' * 90_000,
    "thoughts": "</think>\n" * 110_000,
    "web page": "<!doctype html><title>502</title>" + "<p>x</p>" * 100_000,
    "line feeds": "\n" * 999_998 + "x",
    "blanks": (" " * 999 + "x\n") * 990,
    "quotation marks": "```python\n" + "'\"“'''\n" * 20_000,
    "tokens": "<|a|>" * 190_000,
    "angles": "<" * 900_000,
    "names": "```python\ndef g(x):\n" + "".join(f"    a{n}.b\n" for n in range(8_000)) + "```",
}


@pytest.mark.parametrize("shape", HUGE)
def test_nothing_takes_long(shape):
    start = time.perf_counter()
    try:
        read(HUGE[shape])
    except ReplyError as error:
        assert len(str(error)) < 1_000  # noqa: PT017 - either is right
    assert time.perf_counter() - start < 8  # of the 10 s that the guarded process has; mostly 0.1


def test_a_reply_that_is_too_long_is_not_looked_at():
    assert "5,000,000 characters" in why_not("x" * 5_000_000)


@pytest.mark.parametrize("rest", ["", "\nDone.", "\nUse it:\n```python\nprint(f(1))\n```"])
def test_a_fence_that_is_closed_behind_the_code(rest):
    assert content_id(read(f"```python\n{CODE.rstrip()}```{rest}"), "f") == content_id(CODE, "f")
