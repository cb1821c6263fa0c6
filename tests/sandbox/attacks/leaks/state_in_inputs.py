"""Change the inputs, for rivals and for the next run."""

RUNS = 2


def f(x):
    found = ["touched"] * ("touched" in x) + ["changed"] * (x["index"] == 99)
    x["touched"] = True
    x["ports"].clear()
    x["index"] = 99
    return {"worked": found}
