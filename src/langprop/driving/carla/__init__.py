"""CARLA: the backend for those who have a server.

- `CarlaSimulator`: connects, loads a town, spawns the ego and the traffic, and cleans up.
- `CarlaMap`: lanes, and routes on CARLA's own towns.
- `Cast`: everyone who was spawned.

What needs no server is tested with the real client; the rest by `examples/driving/carla_check.py`,
on a machine with a server. None was to be had when this was written.
"""
