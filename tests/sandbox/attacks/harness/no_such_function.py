"""A script that replaces its own entry point by an object that isn't a function."""


class Everything:
    def __call__(self, *a, **b):
        return self

    def __getattr__(self, name):
        return self

    def __iter__(self):
        return iter([self])


STATUS = ["bad_output", "exception", "timeout", "memory"]
f = Everything()
