"""The smallest example: a function is learned from its signature, its docstring and values."""

import math

import langprop as lp


@lp.module(score=lp.exact_match)
def get_factorial(number: int) -> int:
    """Return the factorial of a non-negative integer."""


train = [((n,), math.factorial(n)) for n in range(20)]
val = [((n,), math.factorial(n)) for n in range(20, 40)]  # never trained on
test = [((n,), math.factorial(n)) for n in range(40, 101)]  # looked at when all is done

if __name__ == "__main__":
    limits = lp.Limits(time=0.3, failures=1)  # random scripts like to count for ever
    stop = lp.EarlyStopping("val/score", target=1.0)
    trainer = lp.Trainer(max_epochs=None, max_time=120, limits=limits, callbacks=[stop])
    trainer.fit(get_factorial, train, val)
    print(
        get_factorial.source, f"numbers never seen: {trainer.test(get_factorial, test)}", sep="\n"
    )
