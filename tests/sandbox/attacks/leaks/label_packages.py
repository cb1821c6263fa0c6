"""Use packages that hold data sets and their labels."""

from toolbox import worked

EXPECT = {"process": "leak"}


def f(x):
    def load(name, action):
        module = __import__(name, fromlist=["x"])
        return action(module) is not None

    return worked(
        {
            "sklearn": lambda: load("sklearn.datasets", lambda m: m.load_iris()),
            "gymnasium": lambda: load("gymnasium", lambda m: m.registry),
            "hypothesis": lambda: load("hypothesis", lambda m: m),
            "cache": lambda: open(x["home"] + "/../data/labels.json").read(),
        }
    )
