"""Driving: imitation, DAgger and reinforcement in a simulator, as in the paper.

- `Simulator`: what a backend gives; `sumo` is the embedded one, `carla` needs a server.
- `RouteTask`: a route in a town, with its traffic and hazards; a suite is a list of them.
- `Observation`, `Control`, `Event`: what an agent gets, what it gives, what went wrong.

The frame is CARLA's wherever a backend hands something out: x points east, y **south**, a yaw is
clockwise from east as seen from above. Metres, seconds, radians, m/s; degrees only in what policies
see and answer.
"""
