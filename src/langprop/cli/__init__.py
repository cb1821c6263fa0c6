"""The command line: `langprop fit|show|export|prompt|…`.

- `main`: finds the command, and turns errors into one line.
- `fit`, `show`, `export`, `prompt`, ...: one file per command, with `run(arguments)`.
- `target`: what a user names to be trained: a folder, a file, an import string.
- `evidence`: what a prompt is rendered of: a module, scripts and records.
"""
