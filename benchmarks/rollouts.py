"""Steps per second of rollouts: isolated candidates against the same policies in this process.

python -m benchmarks rollouts
python -m benchmarks.rollouts --runs 9
python -m benchmarks.rollouts --processes 1    without helpers

24 policies for CartPole-v1 on 8 reset seeds each, once with policies that keep the pole up for 500
steps and once with such that soon let it fall; and 8 policies for Acrobot-v1, whose steps take
several times as long. "In process" is a plain loop over the same environments, 8 side by side,
which calls the policy's function directly, on one core; "isolated" is `langprop.evaluate` with a
process for each policy, and all of its records, where helpers step environments on the other
cores. Both get plain floats. Shown are the medians of pairs of runs, one after the other. The
columns in µs are processor time of this process's main thread for each step of all.

The environments are those of `gymnasium.make`, one for each episode. `gymnasium.make_vec` has a
faster CartPole, but it draws all initial states from one generator: an episode's return would not
be that of its own seed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import gymnasium

import langprop as lp

N_CANDIDATES, N_EPISODES = 24, 8
MIN_RATIO = 0.5
MIN_RATE = 28_000  # steps/s of the paper's code on one core


def balance(
    cart_position: float, cart_velocity: float, pole_angle: float, pole_angular_velocity: float
) -> Literal[0, 1]:
    """Keep the pole upright and the cart near the middle.

    Returns:
        0 to push the cart to the left, 1 to push it to the right.
    """


GOOD = "    score = pole_angle + {gain} * pole_angular_velocity + 0.02 * cart_velocity"
GOOD += " + 0.01 * cart_position\n    return 1 if score > 0 else 0\n"
POOR = "    return 1 if pole_angle > {gain} else 0\n"
STILL = "    return 1 if {gain} > 0 else 0\n"  # it hangs there for 500 steps


class Row(NamedTuple):
    """Policies of about the same behaviour in an environment."""

    name: str
    env: str
    stub: Callable[..., int] | None
    body: str
    count: int
    aimed: bool = False

    def sources(self, stub: str) -> list[str]:
        """The policies."""
        gains = [0.2 + number / 1000 for number in range(self.count)]
        return [f"{stub}\n{self.body.format(gain=gain)}" for gain in gains]


ROWS = [
    Row("CartPole, 500 steps each", "CartPole-v1", balance, GOOD, N_CANDIDATES, aimed=True),
    Row("CartPole, soon down", "CartPole-v1", balance, POOR, N_CANDIDATES),
    Row("Acrobot, 500 steps each", "Acrobot-v1", None, STILL, 8),
]


def in_process(env: str, function: str, scripts: list[str]) -> tuple[list[float], int]:
    """Returns of all episodes, and steps."""
    returns, steps = [], 0
    envs = [gymnasium.make(env, disable_env_checker=True) for _ in range(N_EPISODES)]
    for source in scripts:
        names: dict[str, Any] = {}
        exec(source, names)
        policy: Callable[..., int] = names[function]
        totals = [0.0] * N_EPISODES
        state = {number: env.reset(seed=number)[0] for number, env in enumerate(envs)}
        while state:
            for number, observation in list(state.items()):
                action = policy(*observation.tolist())
                after, reward, terminated, truncated, _ = envs[number].step(action)
                totals[number] += float(reward)
                steps += 1
                if terminated or truncated:
                    del state[number]
                else:
                    state[number] = after
        returns += totals
    return returns, steps


def isolated(
    module: lp.EnvModule, scripts: list[str], executor: lp.Executor
) -> tuple[list[float], int]:
    """Returns of all episodes, and steps."""
    made = [lp.Script(source, module.entry_point) for source in scripts]
    records = lp.evaluate(module, made, range(N_EPISODES), executor)
    found = [record for each in records.values() for record in each]
    return [record.score for record in found], sum(len(r.output.rewards) for r in found)


def staff(module: lp.EnvModule, scripts: list[str], executor: lp.LocalExecutor) -> None:
    """Have the helpers started, and everything warm."""
    crew = executor.crew
    crew.patience = 0.0
    isolated(module, scripts, executor)
    while len(crew.helpers) < min(crew.size, len(scripts) - 1) and not crew.problem:
        isolated(module, scripts, executor)


def timed(run: Callable[[], tuple[list[float], int]]) -> tuple[float, float, list[float]]:
    """Steps/s, processor time of this thread for a step [s], and what came out."""
    start, busy = time.perf_counter(), time.thread_time()
    returns, steps = run()
    busy = time.thread_time() - busy
    return steps / (time.perf_counter() - start), busy / steps, returns


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Isolated rollouts against bare ones.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--processes", type=int, help="this one and helpers; one per core")
    options = parser.parse_args()
    good = True
    with lp.LocalExecutor(rollout_workers=options.processes) as executor:
        cores = executor.workers
        print(f"{N_EPISODES} episodes a policy, {executor.rollout_workers} processes; steps/s")
        print(f"{'policies':<26}{'in process':>12}{'isolated':>12}{'ratio':>8}{'µs':>8}{'µs':>8}")
        for row in ROWS:
            module = lp.EnvModule(row.env, row.stub)
            scripts = row.sources(module.stub)
            staff(module, scripts, executor)
            function = module.entry_point
            pairs = []
            for _ in range(options.runs + 1):  # the first one warms up
                bare, bare_busy, expected = timed(
                    lambda row=row, scripts=scripts, function=function: in_process(
                        row.env, function, scripts
                    )
                )
                ours, ours_busy, returns = timed(
                    lambda module=module, scripts=scripts: isolated(module, scripts, executor)
                )
                if returns != expected:
                    print("isolated episodes differ from bare ones")
                    return 1
                pairs.append((bare, ours, bare_busy, ours_busy))
            bare, ours, *busy = (
                statistics.median(column) for column in zip(*pairs[1:], strict=True)
            )
            ratio = statistics.median(ours / bare for bare, ours, *_ in pairs[1:])
            good &= not row.aimed or (ratio >= MIN_RATIO and ours > cores * MIN_RATE)
            times = "".join(f"{1e6 * each:>8.1f}" for each in busy)
            print(f"{row.name:<26}{bare:>12,.0f}{ours:>12,.0f}{ratio:>8.0%}{times}", flush=True)
    least = f"ratio {MIN_RATIO:.0%}, {cores * MIN_RATE:,} steps/s on {cores} cores"
    print(f"targets for the first: {least}: {'ok' if good else 'MISSED'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
