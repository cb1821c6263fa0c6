"""An object that is equal to everything."""

STATUS = ["bad_output"]


class Yes:
    def __eq__(self, other):
        return True

    __hash__ = __bool__ = lambda self: 1
    __float__ = lambda self: 1.0
    __array__ = __array_ufunc__ = __iter__ = None


def f(x):
    return Yes()
