"""Script: one version of the code that is being trained."""

from __future__ import annotations

from dataclasses import dataclass, field

from langprop.scripts.parsing import content_id


@dataclass(frozen=True)
class Script:
    """One version of the code that is being trained.

    Scripts are equal if they are the same program.

    Attributes:
        source: Python source; comments and layout are kept.
        entry_point: Name of the function in it that is called.
        parent: Id of the script that this one was made from, if any.
        donor: Id of the second parent of a crossover, if any.
        origin: What wrote it, for people: "seed", "setup", "mutation:constant",
            "openai:gpt-5-mini", ...
        id: Content id: hash of the normalised syntax tree and the entry point, so that comments,
            layout and docstrings make no new script. Computed if not given.
    """

    source: str = field(compare=False)
    entry_point: str = field(compare=False)
    parent: str | None = field(default=None, compare=False)
    donor: str | None = field(default=None, compare=False)
    origin: str = field(default="", compare=False)
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            object.__setattr__(self, "id", content_id(self.source, self.entry_point))
