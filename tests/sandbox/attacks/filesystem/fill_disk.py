"""Fill the disk: a few MB of it."""

EXPECT = {"process": "leak"}


def f(x):
    with open(x["scratch"] + "/full", "wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 16))
