"""Read the labels from the data set's file."""

import json

EXPECT = {"process": "leak"}


def f(x):
    with open(x["labels_file"]) as file:
        return json.load(file)
