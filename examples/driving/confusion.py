"""Is a policy causally confused? Its imitation score, and what it says on an empty road.

python examples/driving/confusion.py DATASET POLICY...
"""

import sys
from dataclasses import replace
from math import fsum

import langprop as lp
from langprop.driving.agents.drivers import read_drivers
from langprop.driving.frames.dataset import Frames
from langprop.driving.learning.module import DrivingModule
from langprop.driving.observation import Signals


def main(folder: str, policies: list[str]) -> None:
    """Print a line for each policy."""
    frames = Frames(folder)
    module = DrivingModule(reinforce=False)
    drivers = read_drivers(policies)
    if not all(each.source for each in drivers):
        sys.exit("the expert is no script; it labels the frames: name policies only")
    scripts = [lp.Script(each.source, module.entry_point, id=each.name) for each in drivers]
    seen = frames[0].observation
    empty = replace(seen, actors=(), signals=Signals())
    roads = [
        replace(frames[0], observation=replace(empty, ego=replace(seen.ego, speed=speed)))
        for speed in (0.0, 6.0)
    ]
    with lp.LocalExecutor() as executor:
        scores = lp.evaluate(module, scripts, frames[::3], executor)
        answers = lp.evaluate(module, scripts, roads, executor)
    print(f"{'policy':20} {'imitation':>9}   on an empty road at 0 m/s, at 6 m/s")
    for each in drivers:
        mean = fsum(record.score for record in scores[each.name]) / len(scores[each.name])
        said = [one.output[0] if one.output else one.status for one in answers[each.name]]
        print(f"{each.name:20} {mean:9.3f}   {', '.join(said)}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
