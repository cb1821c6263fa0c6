"""Source with a chain of attributes, which crashes some compilers."""

STATUS = ["exception", "memory", "crash", "timeout", "ok"]


def f(x):
    compile("x" + ".x" * 200_000, "x", "exec")
    compile("def a():\n" + "".join(" " * depth + "if 1:\n" for depth in range(1, 99)), "x", "exec")
