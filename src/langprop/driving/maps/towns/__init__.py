"""Towns: made-up ones that are shipped, and those of users.

- `town(name)`: a `Town` by its name or by the path of its network.
- `Manifest`: what is shipped, with hashes.
- `Plan`: the streets of a made-up town, drawn from a seed.
- `generate`: a town's files from a seed, by SUMO's netconvert (extra `towns`).
- `build`: towns, and suites on them, in a folder.
"""

from langprop.driving.maps.towns.catalog import Town, town
from langprop.driving.maps.towns.manifest import Manifest

__all__ = ["Manifest", "Town", "town"]
