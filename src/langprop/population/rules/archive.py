"""Archive: the best policy of each kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from langprop.errors import ConfigError, MissingDependency
from langprop.population.selection import Selection
from langprop.registry import load

if TYPE_CHECKING:
    import numpy as np

    from langprop.population.policy import Policy


class Archive(Selection):
    """The best policy of each kind survives, and any may become a parent (MAP-Elites).

    What a kind is, is told by descriptors, such as the length of the script and the time that it
    takes: they span a grid, and each cell keeps its best policy. The grid is filled anew at each
    ranking with the policies that are there, since priorities change from step to step; so there
    may be fewer survivors than places. If there are more cells with policies than places, the best
    of them are kept: give the optimizer a `capacity` of about the number of cells.

    The grid is a `GridArchive` of pyribs: install the extra `qd`.

    Args:
        descriptors: `(policy) -> numbers`, one for each side of the grid, or
            "package.module:function".
        dims: Cells along each side.
        ranges: Lowest and highest descriptor of each side; what is outside belongs to the cells at
            the edge.

    Raises:
        ConfigError: The grid or the descriptors make no sense.
        MissingDependency: pyribs isn't installed.

    Source: Mouret and Clune 2015, "Illuminating search spaces by mapping elites".
    """

    name = "archive"

    def __init__(
        self,
        descriptors: Callable[[Policy], Sequence[float]] | str,
        *,
        dims: Sequence[int] = (8, 8),
        ranges: Sequence[Sequence[float]] = ((0.0, 1.0), (0.0, 1.0)),
    ) -> None:
        self.descriptors = _function(descriptors)
        self.dims = tuple(dims)
        self.ranges = tuple(tuple(span) for span in ranges)
        if not self.dims or not all(isinstance(cells, int) and cells > 0 for cells in self.dims):
            raise ConfigError(f"dims must be whole numbers of at least 1, but got {dims!r}.")
        if len(self.ranges) != len(self.dims) or not all(
            len(span) == 2 and -math.inf < span[0] < span[1] < math.inf for span in self.ranges
        ):
            raise ConfigError(
                f"ranges must be a pair (lowest, highest) for each of the {len(self.dims)} sides "
                f"of the grid, but got {ranges!r}."
            )
        _grid_class()  # says at once if pyribs is missing

    def choose(self, policies: Sequence[Policy], k: int, rng: np.random.Generator) -> list[Policy]:
        """Any `k` of the best of each kind, at random; if there are fewer, all."""
        elites = self.elites(policies)
        places = rng.choice(len(elites), size=min(k, len(elites)), replace=False)
        return [elites[place] for place in places]

    def survive(
        self, policies: Sequence[Policy], capacity: int, rng: np.random.Generator
    ) -> list[Policy]:
        """The best of each kind."""
        del rng
        return self.elites(policies)[:capacity]

    def elites(self, policies: Sequence[Policy]) -> list[Policy]:
        """The best policy of each cell, best first.

        Raises:
            ConfigError: The descriptors of a policy make no sense.
        """
        grid = _grid_class()(solution_dim=1, dims=self.dims, ranges=self.ranges)
        for place, policy in enumerate(policies):
            # By place, not by priority: those without samples come last, below negative scores.
            grid.add_single([place], -place, self._measures(policy))
        return [policies[place] for place in sorted(int(p) for (p,) in grid.data("solution"))]

    def _measures(self, policy: Policy) -> list[float]:
        name = getattr(self.descriptors, "__name__", type(self.descriptors).__name__)
        try:
            found = self.descriptors(policy)
            numbers = [float(number) for number in found]
        except Exception as error:
            raise ConfigError(
                f"the descriptors {name!r} failed for the policy {policy.id}: "
                f"{type(error).__name__}: {error}"
            ) from error
        if len(numbers) != len(self.dims) or not all(map(math.isfinite, numbers)):
            raise ConfigError(
                f"the descriptors {name!r} must return {len(self.dims)} finite numbers, but for "
                f"the policy {policy.id} they returned {numbers}."
            )
        return numbers


def _function(descriptors: Callable[[Policy], Sequence[float]] | str) -> Callable[..., Any]:
    found: Any = load(descriptors) if isinstance(descriptors, str) else descriptors
    if not callable(found):
        raise ConfigError(
            "descriptors must be a function (policy) -> numbers, or 'package.module:function', but "
            f"got {descriptors!r}."
        )
    function: Callable[..., Any] = found
    return function


def _grid_class() -> Any:
    try:
        from ribs.archives import GridArchive
    except ImportError as error:
        raise MissingDependency("the selection rule 'archive'", "qd") from error
    return GridArchive
