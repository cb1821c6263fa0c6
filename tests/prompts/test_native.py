"""The paper's template syntax: the reference's recorded results, and errors that say where."""

import json
import pickle
import re
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.errors import TemplateError
from langprop.prompts import Message, Prompts, load_template
from langprop.prompts.native import NativeTemplate
from langprop.prompts.native_marks import mark, split
from langprop.prompts.native_source import lines_of

GOLDEN = Path(__file__).parent / "golden"
EDGES = json.loads((GOLDEN / "templates_edge_cases.json").read_text(encoding="utf-8"))
ROLES = json.loads((GOLDEN / "templates_roles.json").read_text(encoding="utf-8"))

# Where we differ on purpose: values are data, and the reference pastes them into code and text.
# What is expected instead of the recorded result:
DIFFERENT = {
    "value holding a later placeholder is substituted again": "{{ b }} B\n\n",
    "multi-line value in a single-quoted literal": "a\nb\n",  # a SyntaxError there
    "escape sequences are interpreted when pasted": "a\\tb\n",
    "quote in pasted value": "it's\n",  # a SyntaxError there
    "pasted code executes": "');print('injected\n",
    "variable named template cannot be passed": "1\n\n",  # a variable like any other here
}


def render(source, **variables):
    return [(m.role, m.content) for m in NativeTemplate(source).render(variables)]


def text(source, **variables):
    """The content of a prompt that is one user message."""
    [(role, content)] = render(source, **variables)
    assert role == "user"
    return content


def refuses(source, says, **variables):
    with pytest.raises(TemplateError, match=says):
        render(source, **variables)


@pytest.mark.parametrize("case", EDGES, ids=lambda case: case["name"])
def test_edge_cases_of_the_reference(case):
    variables = {name: eval(value, {"np": np}) for name, value in case["vars"].items()}
    if case["name"] in DIFFERENT:
        assert text(case["template"], **variables) == DIFFERENT[case["name"]]
    elif "error" in case:
        refuses(case["template"], r"^template, line \d+, in ", **variables)
    else:
        wanted = [(each["role"], each["content"]) for each in case["messages"]]
        assert render(case["template"], **variables) == wanted


@pytest.mark.parametrize("case", ROLES, ids=lambda case: case["name"])
def test_roles_of_the_reference(case):
    prompt = case["prompt"]
    lines = lines_of(prompt, "template")
    marked = "\n".join(
        mark(place) * line.text.startswith("%% ") + line.text for place, line in enumerate(lines)
    )
    if case["name"] in ("custom role passes through", "percent percent space only"):
        with pytest.raises(TemplateError, match=r"line 1: unknown role .*write %% SYSTEM"):
            split(marked, lines)  # no server knows such roles
        return
    wanted = [Message(each["role"].strip(), each["content"]) for each in case["messages"]]
    assert split(marked, lines) == wanted  # "system\r" is the role system here


def test_a_prompt_without_any_line_is_refused():
    refuses("$ print('%% USER')", "template: the prompt is empty")


def test_names_live_for_one_render():
    template = NativeTemplate("$ seen = globals().get('seen', 0) + 1\n{{ seen }}")
    assert [template.render({})[0].content for _ in range(2)] == ["1\n\n", "1\n\n"]


def test_what_a_program_changes_is_a_copy():
    args = ({"a": [1, 2], "b": np.zeros(2)}, [3])
    args[1].append(args[0])  # shared, and twice
    template = NativeTemplate(
        "$begin\nargs[0]['a'].append(9)\nargs[0]['b'][0] = 1\n$end\n{{ args[1].pop()['a'] }}"
    )
    assert template.render({"args": args})[0].content == "[1, 2, 9]\n\n"
    assert args[0]["a"] == [1, 2]
    assert args[0]["b"].tolist() == [0, 0]
    assert len(args[1]) == 2


def test_containers_that_hold_themselves():
    loop = [1]
    loop.append((loop,))
    assert text("$ loop[0] = 2\n{{ loop }}", loop=loop) == "[2, ([...],)]\n\n"
    assert loop[0] == 1


def test_programs_print_to_the_prompt_alone(capsys):
    source = "$ import sys\n$ print('a'); print('b', file=sys.stdout); print('c', file=sys.stderr)"
    assert text(source) == "a\nb\n"
    assert capsys.readouterr() == ("", "c\n")


def test_threads_render_side_by_side():
    template = NativeTemplate("$ for i in range(200):\n$     print(x, end=';')\n\n{{ x }}")
    results = {}
    barrier = threading.Barrier(4)

    def work(number):
        barrier.wait()
        results[number] = {template.render({"x": number})[0].content for _ in range(20)}

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: {f"{n};" * 200 + f"\n{n}\n\n"} for n in range(4)}


def test_programs_open_messages_with_their_own_strings():
    source = (
        "$begin\n"
        "for role, text in turns:\n"
        "    print(f'%% {role}')\n"
        "    print(text)\n"
        "lines = ['%% assistant', 'ok']\n"
        "print('\\n'.join(lines))\n"
        "$end\n\n"
        "%% {{ last }}\nbye"
    )
    turns = [("SYSTEM", "%% USER\na"), ("USER", "b")]
    assert render(source, turns=turns, last="user") == [
        ("system", "%% USER\na\n"),  # a value that looks like a header
        ("user", "b\n"),
        ("assistant", "ok\n"),
        ("user", "bye\n\n"),
    ]


def test_strings_that_are_compared_or_searched_for_stay_as_they_are():
    source = (
        "$begin\nprint(x == '%% USER', x.startswith('%% '), '%% ' in x, x.replace('%% ', ''))\n$end"
    )
    assert text(source, x="%% USER") == "True True True USER\n"


def test_a_header_is_one_only_where_a_line_begins():
    assert render("$ x = 1\n%% SYSTEM\ns") == [("system", "s\n\n")]
    assert text("$ print('a')\n%% critic") == "a%% critic\n\n"
    refuses("$ x = 1\n%% critic", "line 2: unknown role 'critic'")
    refuses("a\n%% critic", "line 2: unknown role 'critic': write %% SYSTEM")
    refuses("$ print('%% critic')", "line 1: unknown role 'critic'")
    refuses("%% {{ x }}\na", "line 1: unknown role 'judge'", x="judge")


def test_values_are_made_sendable():
    assert text("{{ x }}\n$ print(x)", x="a\x00b\ud800") == "a?b?\na?b?\n"


def test_tools_for_values():
    source = "{{ shorten('a' * 99, 6) }}|{{ fenced('`', 'text') }}|{{ abbreviate(x, 30) }}"
    shown = text(source, x=[0] * 1000)
    assert shown.startswith("aaaa…[93 more characters]…aa|```text\n`\n```|[0, 0, ")
    assert len(shown) < 90
    assert text("{{ shorten }}", shorten="mine") == "mine\n\n"  # a variable comes first


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("a\n{{ nope }}", r"line 2, in \{\{ nope \}\}: NameError: .* The names are: args, code\."),
        ("$ x = 1\n$ nope", r"line 2, in \$ nope: NameError: .* The names are: args, code, x\."),
        ("$begin\nx = 1\n'{{ x }}'\n$end", r"line 3, in \{\{ x \}\}: .* write what it binds"),
        ("{{ args[5] }}", r"line 1, in \{\{ args\[5\] \}\}: IndexError: tuple index out of range"),
        ("#\n$begin\n#\n\n1/0\n$end", r"line 5, in 1/0: ZeroDivisionError: division by zero\."),
        ("$ def f():\n$     1/0\na\n$ f()", r"line 4, in \$ f\(\): ZeroDivisionError"),
        ("$ f = lambda: f()\n{{ f() }}", r"in \{\{ f\(\) \}\}: RecursionError"),
        ("$ exit()", "asked to exit; let it print"),
        ("$ raise ValueError('x' * 10_000)", r"ValueError: x+…\[9,\d+ more characters\]…x+\.$"),
        ("a\n$ x = = 1", r"line 2, in \$ x = = 1: invalid syntax\."),
        ("a\n{{ x = = 1 }}", r"line 2, in \{\{ x = = 1 \}\}: invalid syntax"),
        ("{{ 1) + (1 }}", "unmatched"),
        ("{{ code, file=None }}", "no expression"),
        ("$ return 1", r"line 1, in \$ return 1: 'return' outside function\."),
        ("{{ (yield) }}", "'yield' outside function"),
        ("$begin\nreturn {{ args }}\n$end", r"line 2, in return .*'return' outside function"),
        ("a\n$begin\nprint(1)\nb c\nd", r"line 4, in b c: .*block that begins at .*line 2 has no "),
        ("$begin\n$begin\nx y\n$end", "block that begins at template, line 1 has no"),
        ("$ print('a\0b')", "null byte"),
        ("$begin\n" + "(" * 300 + "\n$end", "line 2, in"),
    ],
)
def test_errors_name_template_line_and_expression(source, says):
    with pytest.raises(TemplateError, match=r"^template, line \d+, in ") as caught:
        render(source, code="c", args=())
    assert re.search(says, str(caught.value))


def test_a_value_whose_methods_fail():
    class Bad:
        def __str__(self):
            raise ValueError(self)

    refuses("{{ x }}", r"in \{\{ x \}\}: ValueError", x=Bad())


def test_an_interrupt_is_no_error_of_the_template():
    with pytest.raises(KeyboardInterrupt):
        render("$ raise KeyboardInterrupt")


def test_text_that_python_would_warn_of():
    assert text("$ print('\\d', 1 is 1)\n{{ '\\d' }}") == "\\d True\\d\n\n"


@pytest.mark.parametrize("name", ["setup.txt", "setup.TXT"])
def test_the_suffix_chooses_the_engine(tmp_path, name):
    (tmp_path / name).write_text("\ufeff# of mine\r\n%% SYSTEM\r\n{{ x }}\r\n\n", encoding="utf-8")
    template = load_template(tmp_path / name)
    assert isinstance(template, NativeTemplate)
    assert (template.name, template.source) == (name, "# of mine\n%% SYSTEM\n{{ x }}\n")
    assert template.render({"x": 1}) == [Message("system", "1\n\n\n")]


def test_prompts_of_both_kinds_in_a_folder(tmp_path):
    folder = tmp_path / "solve"
    folder.mkdir()
    (folder / "setup.txt").write_text("{{ x, 1 }}")
    (folder / "update.jinja").write_text("{{ x }}")
    prompts = Prompts.load(folder)
    assert prompts.render_setup({"x": "a"}) == [Message("user", "a 1\n\n\n")]
    assert prompts.render_update({"x": "a"}) == [Message("user", "a")]
    (folder / "update.txt").write_text("")
    with pytest.raises(TemplateError, match=r"keep one"):
        Prompts.load(folder)
    (folder / "update.jinja").unlink()
    with pytest.raises(TemplateError, match=r"update\.txt is empty"):
        Prompts.load(folder)
    with pytest.raises(TemplateError, match=r"no setup.*folder 'solve' in it does"):
        Prompts.load(tmp_path)


def test_a_template_can_be_pickled(tmp_path):
    (tmp_path / "a.txt").write_text("a\n$import b.txt")
    (tmp_path / "b.txt").write_text("{{ x }}")
    template = pickle.loads(pickle.dumps(NativeTemplate.load(tmp_path / "a.txt")))
    assert template.render({"x": 1})[0].content == "a\n1\n\n\n\n"
    with pytest.raises(TemplateError, match=r"^b\.txt, line 1, in \{\{ x \}\}"):
        template.render({})


def test_the_example_of_the_documentation(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    (tmp_path / "update.txt").write_text(page.split("```text\n")[1].split("\n```\n\n- ")[0])
    (tmp_path / "_code.txt").write_text('{{ fenced(code, "python") }}')
    variables = {"code": "x = 1", "exception": 'KeyError: "a"', "inputs": {"a": 1}}
    prompts = Prompts.load(tmp_path)
    system, user = prompts.render_update({**variables, "avg_score": 1 / 3, "same_outputs": True})
    assert system == Message("system", "You are an expert Python programmer.\n")
    assert user.content == (
        "Improve this script, whose mean score is 0.333:\n\n```python\nx = 1\n```\n\n"
        'It raised KeyError: "a"\na = 1\nThe answer was the same for every input.\n'
        "Answer with the whole script in one code block that begins with ```python.\n\n\n"
    )


LINES = [
    "a {{ x }}",
    "{{ x",
    "{{{x}}}",
    "{{ y }}{{}}",
    "$ print(x)",
    "$ if x:",
    "$     print('{{')",
    "$begin",
    "$end",
    "for i in x:",
    "    print(f'{i}{{ x }}')",
    "print('''{{ x }}",
    "''')",
    "# c",
    "%% USER",
    "%% {{ x }}",
    "%% SYSTEM {{ x }}",
    "",
    "\t",
    "\r",
    "\x0c",
    "z = {{ x }}",
    "\ufeff\u2028",
    "$",
    "$ ",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=7).map("\n".join), st.sampled_from(["", "1", [2]]))
def test_any_template_renders_or_is_refused(source, x):
    try:
        messages = NativeTemplate(source).render({"x": x})
    except TemplateError as error:
        messages, reason = [], str(error)
        assert reason.startswith("template")
    assert all(message.content.endswith("\n") for message in messages)
    assert not any("_fill_" in m.content or "\x00" in m.content for m in messages)
