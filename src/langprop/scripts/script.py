"""Script: one version of the code that is being trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING


@dataclass(frozen=True, repr=False)
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
            layout and docstrings make no new script. If it isn't given, it is computed when it is
            first asked for: in this process, which is right for source that you wrote yourself.
            The trainer asks its `Workshop` first, which does it in a guarded process.
        uses: Entry points of other scripts that its source may call by name.
        depends: Those scripts and the ones that they call in turn, for a script that is about to
            run: what is called stands before what calls it. See `modules.links`.
    """

    source: str = field(compare=False)
    entry_point: str = field(compare=False)
    parent: str | None = field(default=None, compare=False)
    donor: str | None = field(default=None, compare=False)
    origin: str = field(default="", compare=False)
    id: str = field(default_factory=str)  # a plain default would be found on the class
    uses: tuple[str, ...] = field(default=(), compare=False)
    depends: tuple[Script, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if not self.id:
            object.__delattr__(self, "id")

    @property
    def identified(self) -> bool:
        """Whether the id is known, so that asking for it parses nothing."""
        return "id" in vars(self)

    def identify(self, content_id: str) -> None:
        """Give the script its id, which was computed elsewhere; one that is known stays."""
        vars(self).setdefault("id", content_id)

    if not TYPE_CHECKING:  # else any misspelt attribute would pass as one

        def __getattr__(self, name: str) -> str:
            if name != "id":
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            from langprop.scripts.parsing import content_id

            self.identify(content_id(self.source, self.entry_point))
            return vars(self)["id"]

    def __repr__(self) -> str:  # without the source, and parses nothing
        name = vars(self).get("id", "without an id")
        return f"<Script {name} entry_point={self.entry_point!r} origin={self.origin!r}>"
