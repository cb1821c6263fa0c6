"""Hostile scripts, and the arena that they are run in.

- `<group>/<name>.py`: one idea each. The docstring says it; constants say what may come of it
  (`catalogue.Attack`); `f(x)` tries it, and returns what it got.
- `catalogue`: finds and reads them. They are never imported here.
- `decoys`: what they are after, and whether they got it.
- `arena`: runs them, and judges by what it sees itself: tokens that come back, contacts, changed
  files, a harmed victim, processes that are left, a rival's answers. What can't be seen from
  outside the script says itself, as `{"worked": [...]}`.
- `configurations`: the sandboxes.
- `ordinary_user`: the same without root's powers.
- `table`: the table of the documentation.
"""
