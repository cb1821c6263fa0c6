"""An exception from a line number that doesn't exist, in a file that pretends to be the script."""

STATUS = ["exception"]


def f(x):
    source = "\n" * 2_000_000 + "raise ValueError('far below')"
    exec(compile(source, __file__, "exec"))
