"""Text with lone surrogates, null characters and 4-byte characters."""

BATCH = 4
STATUS = ["ok", "bad_output"]


def f(x):
    return ["\ud800", "a\0b", "\U0010ffff", {"\udfff": 1}][x["index"]]
