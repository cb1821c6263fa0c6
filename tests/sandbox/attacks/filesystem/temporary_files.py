"""Use temporary files, as libraries do."""

import tempfile

EXPECT = {"process": "leak"}


def f(x):
    tempfile.tempdir = x["scratch"]
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write("x")
    return {"worked": ["temporary file"]}
