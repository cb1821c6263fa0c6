"""An answer that nests 100,000 deep."""

STATUS = ["bad_output", "crash"]


def f(x):
    answer = None
    for _ in range(100_000):
        answer = [answer] if x["index"] else (answer,)
    return answer
