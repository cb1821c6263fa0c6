"""The command line: `langprop fit|show|export`.

- `main`: finds the command, and turns errors into one line.
- `fit`, `show`, `export`: one file per command, with `add_arguments(parser)` and `run(arguments)`.
- `target`: what a user names to be trained: a folder, a file, an import string.
"""
