"""Jinja templates: messages, errors, and values that stay data."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.errors import TemplateError
from langprop.prompts import Message, Prompts, load_template
from langprop.prompts.jinja import JinjaTemplate


def render(source, **variables):
    return [(m.role, m.content) for m in JinjaTemplate(source).render(variables)]


def test_lines_with_a_role_open_messages():
    source = (
        "first\n%% SYSTEM\nBe {{ x }}.\n%% user\n\nHi.\n%%  ASSISTANT  \n \n%% USER\n  a\n  b\n"
    )
    assert render(source, x="brief") == [
        ("user", "first"),
        ("system", "Be brief."),
        ("user", "Hi."),
        ("user", "a\n  b"),
    ]


def test_roles_work_inside_statements():
    source = "{% for x in xs %}\n%% USER\n{{ x }}?\n%% ASSISTANT\n{{ x }}!\n{% endfor %}"
    assert render(source, xs=["a", "b"]) == [
        ("user", "a?"),
        ("assistant", "a!"),
        ("user", "b?"),
        ("assistant", "b!"),
    ]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["%% SYSTEM", "{{ x }}", "{% if", "{#", "\n", "a", "%% USER\n"])))
def test_a_value_opens_no_message_and_no_expression(parts):
    value = "\n" + "\n".join(parts) + "\n"
    assert render("%% USER\n[{{ x }}]", x=value) == [("user", f"[{value}]")]


def test_messages_without_text_are_dropped_but_not_all():
    with pytest.raises(TemplateError, match="prompt is empty"):
        render("%% SYSTEM\n\n%% USER\n{{ x }}", x=" ")


def test_filters():
    assert render("{{ x | fenced('text') }}", x="a```b") == [("user", "````text\na```b\n````")]
    assert render("{{ x | abbreviate(30) }}", x=[0] * 1000) == [
        ("user", "[0, 0, … 996 more …, 0, 0]")
    ]
    assert render("{{ x | assignments }}", x={"a": 1}) == [("user", "a = 1")]
    assert render("{{ x | shorten(6) }}", x="a" * 99) == [("user", "aaaa…[93 more characters]…aa")]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("one\n{{ title }}", r"mine, line 2: 'title' is undefined. The variables are: name, xs\."),
        ("\n\n{{ xs.foo }}", r"mine, line 3: 'list object' has no attribute 'foo'"),
        ("{{ name.__class__.__mro__ }}", r"mine, line 1: .*unsafe"),
        ("a\n{{ 1 / 0 }}", r"mine, line 2: ZeroDivisionError: division by zero"),
        ("a\n{% include 'b.jinja' %}", r"mine.*no loader|mine.*no template"),
    ],
)
def test_rendering_errors_name_template_and_line(source, says):
    template = JinjaTemplate(source, name="mine")
    with pytest.raises(TemplateError, match=says):
        template.render({"name": "x", "xs": []})


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("a\n{% if %}", "mine, line 2: Expected an expression"),
        ("{{ x | nonsense }}", "mine, line 1: No filter named 'nonsense'"),
        ("%% USER\na\n%% USR\n", r"mine, line 3: unknown role 'USR'.*put a blank before"),
        ("{% for x in y %}", "mine, line 1: Unexpected end of template"),
    ],
)
def test_syntax_errors_name_template_and_line(source, says):
    with pytest.raises(TemplateError, match=says):
        JinjaTemplate(source, name="mine")


def test_templates_leak_nothing_into_the_next_render():
    template = JinjaTemplate("{% set y = x %}{{ y }}{{ z is defined }}")
    assert [template.render({"x": x})[0].content for x in "ab"] == ["aFalse", "bFalse"]


def test_includes_lie_beside_the_template(tmp_path):
    (tmp_path / "setup.jinja").write_text("A\n{% include '_part.jinja' %}")
    (tmp_path / "_part.jinja").write_text("%% ASSISTANT\nB\n\n{{ x }}")
    template = load_template(tmp_path / "setup.jinja")
    assert template.render({"x": 1}) == [Message("user", "A"), Message("assistant", "B\n\n1")]
    with pytest.raises(TemplateError, match=r"_part\.jinja, line 4: 'x' is undefined"):
        template.render({})
    (tmp_path / "_part.jinja").write_text("a\n{{")
    with pytest.raises(TemplateError, match=r"_part\.jinja, line 2"):
        load_template(tmp_path / "setup.jinja").render({"x": 1})
    (tmp_path / "_part.jinja").unlink()
    with pytest.raises(TemplateError, match=r"no template '_part\.jinja' to include"):
        load_template(tmp_path / "setup.jinja").render({"x": 1})


def test_includes_that_go_in_circles_end(tmp_path):
    (tmp_path / "setup.jinja").write_text("{% include 'setup.jinja' %}")
    with pytest.raises(TemplateError, match="it goes too deep: perhaps a template includes"):
        load_template(tmp_path / "setup.jinja").render({})


def test_a_folder_of_prompts(tmp_path):
    (tmp_path / "update.jinja").write_text("Improve {{ code }}")
    prompts = Prompts.load(tmp_path)
    assert prompts.render_update({"code": "x"}) == [Message("user", "Improve x")]
    assert prompts.setup.source == Prompts.default().setup.source


def test_prompts_from_text():
    prompts = Prompts("Write {{ x }}", repair="Again")
    assert prompts.render_setup({"x": 1}) == [Message("user", "Write 1")]
    assert prompts.render_repair({}) == [Message("user", "Again")]
    with pytest.raises(TemplateError, match=r"update, line 1"):
        Prompts(update="{{")
    with pytest.raises(TemplateError, match=r"Prompts\.load\(folder\)"):
        Prompts(3)


def test_folders_that_can_not_be_used(tmp_path):
    with pytest.raises(TemplateError, match="there is no folder"):
        Prompts.load(tmp_path / "none")
    with pytest.raises(TemplateError, match=r"holds no setup\.jinja"):
        Prompts.load(tmp_path)
    (tmp_path / "setup.txt").write_text("x")
    (tmp_path / "setup.jinja").write_text("x")
    with pytest.raises(TemplateError, match=r"setup\.jinja and setup\.txt: keep one"):
        Prompts.load(tmp_path)
    with pytest.raises(TemplateError, match=r"no template engine for 'x\.md': name it x\.jinja"):
        load_template("x.md")
    with pytest.raises(TemplateError, match="can't be read"):
        load_template(tmp_path / "none.jinja")
    (tmp_path / "bad.jinja").write_bytes(b"\xff\xfe")
    with pytest.raises(TemplateError, match="can't be read"):
        load_template(tmp_path / "bad.jinja")


def test_a_template_can_be_pickled(tmp_path):
    (tmp_path / "a.jinja").write_text("{{ x }}{% include 'b.jinja' %}")
    (tmp_path / "b.jinja").write_text("!")
    template = pickle.loads(pickle.dumps(JinjaTemplate.load(tmp_path / "a.jinja")))
    assert template.render({"x": 1}) == [Message("user", "1!")]
    assert pickle.loads(pickle.dumps(Prompts.default())).update.name == "update.jinja"


def test_files_as_editors_write_them(tmp_path):
    (tmp_path / "a.jinja").write_bytes(b"\xef\xbb\xbf%% SYSTEM\r\nBe brief.\r\n")
    assert JinjaTemplate.load(tmp_path / "a.jinja").render({}) == [Message("system", "Be brief.")]
