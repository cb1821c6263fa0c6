"""Mutation: random edits of Python that mostly run, without a language model.

    random_body(stub, entry_point, rng)          a first program from a signature
    mutate(source, entry_point, rng, donor)      a child of one script or of two

How it works, from the bottom up:

    kinds          coarse types: what fits where
    dice           random choices, all from one generator
    words          what random code is made of
    writer         random expressions of a wanted kind, on top of leaves, iteration, arithmetic,
                   conditions and containers
    bodies         random whole bodies, on top of steps: random statements
    infer          the kind of an expression
    bindings       names that statements bind
    tree           paths into a syntax tree, brackets
    example        the arguments of one call, for kinds
    places         where a script may be edited, and what is in scope there
    index          finds them, on top of walk_statements and walk_expressions
    hazards        loops that don't end, numbers that explode
    draft          a script with all of the above
    bench          what lies before an operator
    terminals      operators on constants and names
    expressions    operators on operators, comparisons, calls
    parts          operators on sub-expressions
    statements     operators on statements
    crossover      operators on two scripts
    mutation       mutate
    body           random_body

Needs libcst, which is why the names below are loaded on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langprop.scripts.mutation.body import random_body as random_body
    from langprop.scripts.mutation.mutation import Mutation as Mutation
    from langprop.scripts.mutation.mutation import mutate as mutate

_HOME = {"Mutation": "mutation", "mutate": "mutation", "random_body": "body"}

__all__ = ["Mutation", "mutate", "random_body"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
