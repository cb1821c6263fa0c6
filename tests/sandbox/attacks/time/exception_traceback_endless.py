"""An exception with a traceback that never ends."""

STATUS = ["exception", "timeout", "crash"]


class Frame:
    f_code = (lambda: 0).__code__


class Trace:
    tb_frame = Frame
    tb_lineno = 1

    @property
    def tb_next(self):
        return self


class Odd(Exception):
    __traceback__ = Trace()


def f(x):
    raise Odd
