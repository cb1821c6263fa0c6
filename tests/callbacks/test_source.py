"""Showing source that a model wrote."""

import io

from rich.console import Console

from langprop.callbacks.source import MAX_COLOURED, print_source

ODD = "x = 1  # \x1b]0;title\x07 \x1b[2J \u202e hidden\u200b \ud800 ümlaut\n\ty = '\x1b'"


def shown(source, *, terminal):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=200)
    print_source(console, source)
    return console.file.getvalue()


def test_a_terminal_obeys_nothing_in_it():
    for source in (ODD, ODD + "\n# " + "x" * MAX_COLOURED):
        text = shown(source, terminal=True)
        for hidden in ("\x1b]", "\x1b[2J", "\x07", "\u202e", "\u200b", "\ud800"):
            assert hidden not in text
        assert r"\x1b]0;title\x07 \x1b[2J \u202e hidden\u200b \ud800 ümlaut" in text


def test_line_ends_of_another_system_are_not_shown():
    assert r"\r" not in shown("x = 1\r\ny = 2\r\n", terminal=True)


def test_elsewhere_it_is_as_it_is():
    source = "x = 1  # [bold] \u202e\n"
    assert shown(source, terminal=False) == source
