"""Keys that are long tuples with one hash and one beginning: each comparison is slow."""

STATUS = ["ok", "bad_output", "timeout"]


def f(x):
    keys = []
    for number in range(400):
        end = tuple(-1 if number >> bit & 1 else -2 for bit in range(9))
        keys.append((0,) * 1_500 + end)  # hash(-1) == hash(-2)
    return dict.fromkeys(keys)
