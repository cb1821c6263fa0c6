"""Do the zygote's work in the child: kill its children, fork more of them."""

from toolbox import frames

STATUS = ["ok", "exception", "crash", "timeout"]


def f(x):
    for frame in frames():
        zygote = frame.f_locals.get("self")
        if hasattr(zygote, "kill_all"):
            zygote.kill_all()
    return 1
