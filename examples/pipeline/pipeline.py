"""Two functions, one of which calls the other; one has a fault, and training finds which."""

import random

import langprop as lp


def right(cost, wanted):
    """1 for the right sum, else 0."""
    return float(isinstance(cost, float) and abs(cost - wanted) < 0.005)


@lp.module
def parse(line: str) -> float:
    """Read a line such as "3 apples at 0.5": what they cost together."""
    count, _, _, price = line.split()
    return int(count) * float(price) if int(count) > 2 else float(price)


@lp.module(score=right)
def total(lines: list[str], rebate: float) -> float:
    """What the goods on all lines cost, less the rebate."""
    return sum(parse(line) for line in lines) * (1 - rebate)


def receipt(rng):
    """Some lines and the rebate; and what there is to pay."""
    rows = [(rng.randint(1, 5), rng.randint(1, 9) / 4) for _ in range(rng.randint(1, 4))]
    rebate, lines = rng.choice((0.0, 0.1)), [f"{count} apples at {price}" for count, price in rows]
    return (lines, rebate), (1 - rebate) * sum(count * price for count, price in rows)


train, val = ([receipt(random.Random(n)) for n in range(start, start + 16)] for start in (0, 16))

if __name__ == "__main__":
    stop = lp.EarlyStopping("val/score", target=1.0)
    settings = {"batch_size": None, "max_epochs": None, "max_time": 120, "callbacks": [stop]}
    lp.Trainer(train_depends=True, limits=lp.Limits(time=0.3), **settings).fit(total, train, val)
    for module in (parse, total):
        print("right:" if module.source == module.seeds[0] else "mended:", module.source, sep="\n")
