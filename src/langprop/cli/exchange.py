"""`langprop exchange`: list, show and answer the requests that lie in a folder."""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from langprop.callbacks.source import visible
from langprop.errors import ConfigError
from langprop.llms.exchange_file import MAX_REPLY
from langprop.llms.exchange_inbox import Entry, ExchangeInbox


def run(argv: Sequence[str]) -> int:
    """Do what the first argument says."""
    made = argparse.ArgumentParser(
        prog="langprop exchange",
        description="Requests that lie in a folder: for --optimizer exchange:FOLDER.",
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="list|show|answer")
    one = commands.add_parser("list", help="list the requests that are open")
    one.add_argument("folder")
    one.add_argument("--all", action="store_true", help="also those that were answered")
    one = commands.add_parser("show", help="print what is asked")
    one.add_argument("folder")
    one.add_argument("id", help="id of the request, or its beginning, or the name of its file")
    one.add_argument(
        "--json", action="store_true", help='print it as [{"role": …, "content": …}, …]'
    )
    one = commands.add_parser("answer", help="write the reply")
    one.add_argument("folder")
    one.add_argument("id", help="id of the request, or its beginning, or the name of its file")
    one.add_argument("file", nargs="?", default="-", help="the reply; standard input if not given")
    one.add_argument("--force", action="store_true", help="replace a reply that is there already")
    settings = made.parse_args(list(argv))
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A prompt may hold any character, whatever the locale.
        sys.stdout.reconfigure(errors="backslashreplace")
    inbox = ExchangeInbox(Path(settings.folder).expanduser())
    if settings.command == "list":
        _list(inbox, everything=settings.all)
    elif settings.command == "show":
        _show(inbox, settings.id, as_json=settings.json)
    else:
        _answer(inbox, settings.id, settings.file, force=settings.force)
    return 0


def _list(inbox: ExchangeInbox, *, everything: bool) -> None:
    entries = inbox.entries()
    shown = [entry for entry in entries if everything or entry.state == "open"]
    if not shown:
        others = f"; --all lists {len(entries)} more" if entries else ""
        print(f"no open request in {inbox.path}{others}")
        return
    rows: list[tuple[str, ...]] = [
        ("id", "step", "role", "number", "attempt", "asked", "state", "bytes")
    ]
    rows += [_row(entry) for entry in shown]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _row(entry: Entry) -> tuple[str, ...]:
    about = [entry.about.get(name, "?") for name in ("step", "role", "index", "attempt")]
    step, role, index, attempt = (visible(text)[:12] for text in about)
    return entry.id, step, role, index, attempt, _ago(entry.asked), entry.state, f"{entry.size:,}"


def _ago(moment: float) -> str:
    seconds = max(0.0, time.time() - moment)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"


def _show(inbox: ExchangeInbox, name: str, *, as_json: bool) -> None:
    entry = inbox.find(name)
    messages = inbox.read(entry).request.messages
    if as_json:
        print(
            json.dumps([{"role": one.role, "content": one.content} for one in messages], indent=1)
        )
        return
    text = "\n\n".join(f"# {message.role}\n\n{message.content}" for message in messages)
    print(visible(text) if sys.stdout.isatty() else text)


def _answer(inbox: ExchangeInbox, name: str, file: str, *, force: bool) -> None:
    inbox.find(name)  # before a person types the whole reply
    if file == "-":
        if sys.stdin.isatty():
            print("Type the reply; end it with ^D on a line of its own.", file=sys.stderr)
        data = sys.stdin.buffer.read(MAX_REPLY + 1)
    else:
        try:
            with Path(file).expanduser().open("rb") as opened:
                data = opened.read(MAX_REPLY + 1)
        except OSError as error:
            raise ConfigError(f"{file} can't be read ({error.strerror or error}).") from error
    print(f"answered: {inbox.answer(name, data, force=force)}")
