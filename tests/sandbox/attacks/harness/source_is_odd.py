"""Source with null characters, form feeds, another encoding than it says."""

# -*- coding: utf-7 -*-
STATUS = ["exception", "ok"]


def f(x):
    for text in ("\0", "\x0c1", "# -*- coding: rot13 -*-\ncevag", "\ufeff1", "x = '\ud800'"):
        try:
            compile(text, __file__, "exec")
        except (SyntaxError, ValueError):
            pass
    return 1
