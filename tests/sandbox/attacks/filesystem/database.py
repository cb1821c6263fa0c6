"""Use a database file."""

EXPECT = {"process": "leak"}


def f(x):
    import sqlite3

    sqlite3.connect(x["scratch"] + "/base").execute("create table t (c)")
    return {"worked": ["sqlite3"]}
