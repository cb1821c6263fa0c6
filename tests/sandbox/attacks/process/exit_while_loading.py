"""Raise `SystemExit` while being loaded."""

STATUS = ["exception"]

raise SystemExit("bye")
