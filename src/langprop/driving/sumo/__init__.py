"""SUMO: the embedded backend; cars, bicycles, pedestrians and lights are SUMO's, the ego ours.

- `SumoSimulator`: the simulator, in a process of its own that may die; what you want.
- `SumoSimulation`: the same in this process, which can hold one only and dies with it.
- `Bicycle`: how the ego moves.
- `traffic`: who else is on the road, as a file for SUMO.
- `hazards`: scripted dangers: jaywalkers, leaders that brake hard.

Nothing here is imported with it: `libsumo` comes with the extra `driving`.
"""
