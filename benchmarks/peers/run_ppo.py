"""PPO of stable-baselines3 on CartPole-v1, in an environment of its own: see ../ppo.py.

python run_ppo.py --seed 0 --target 475 --every 512 --steps 100000

Prints a line of JSON for every evaluation, with the steps so far and the mean return.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from typing import Any

import gymnasium
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env

ENV = "CartPole-v1"

# Source: rl-baselines3-zoo, hyperparams/ppo.yml, CartPole-v1; "lin_" there is a linear decrease to
# zero over the run. The policy is "MlpPolicy", two hidden layers of 64.
N_ENVS = 8
TUNED: dict[str, Any] = {
    "n_steps": 32,
    "batch_size": 256,
    "gae_lambda": 0.8,
    "gamma": 0.98,
    "n_epochs": 20,
    "ent_coef": 0.0,
    "learning_rate": lambda left: 0.001 * left,
    "clip_range": lambda left: 0.2 * left,
}


class Evaluate(BaseCallback):  # type: ignore[misc]
    """Evaluates between updates, on episodes that training doesn't see or count.

    Args:
        every: Steps between evaluations, at the least.
        episodes: In an evaluation.
        first: Reset seed of the first; each evaluation has seeds of its own.
        target: Mean return at which training stops.
    """

    def __init__(self, *, every: int, episodes: int, first: int, target: float) -> None:
        super().__init__()
        self.every, self.episodes, self.first, self.target = every, episodes, first, target
        self.next = every
        self.envs = [gymnasium.make(ENV) for _ in range(episodes)]
        self.reached = False

    def _on_rollout_start(self) -> None:
        """The policy is that of the last update now."""
        self.look()

    def _on_step(self) -> bool:
        return not self.reached

    def look(self) -> None:
        """Evaluate, if it is time."""
        if self.num_timesteps < self.next or self.reached:
            return
        self.next = self.num_timesteps + self.every
        mean = float(np.mean(self.returns()))
        self.first += self.episodes
        self.reached = mean >= self.target
        print(json.dumps({"steps": self.num_timesteps, "mean": mean}), flush=True)

    def returns(self) -> list[float]:
        """Returns of the episodes, which advance together, with the most likely action."""
        state = {n: env.reset(seed=self.first + n)[0] for n, env in enumerate(self.envs)}
        totals = [0.0] * len(self.envs)
        while state:
            numbers = list(state)
            actions, _ = self.model.predict(np.stack(list(state.values())), deterministic=True)
            for number, action in zip(numbers, actions.tolist(), strict=True):
                state[number], reward, over, cut, _ = self.envs[number].step(action)
                totals[number] += float(reward)
                if over or cut:
                    del state[number]
        return totals


def main() -> int:
    """Train until the target is reached, or the steps are spent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--target", type=float, required=True)
    parser.add_argument("--every", type=int, required=True)
    parser.add_argument("--episodes", type=int, required=True)
    parser.add_argument("--first", type=int, required=True, help="reset seed of the evaluations")
    parser.add_argument("--steps", type=int, required=True)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # standard error is for what stops the run
    torch.set_num_threads(1)  # the networks are tiny: more threads are slower
    env = make_vec_env(ENV, n_envs=N_ENVS, seed=options.seed)
    watch = Evaluate(
        every=options.every,
        episodes=options.episodes,
        first=options.first,
        target=options.target,
    )
    model = PPO("MlpPolicy", env, seed=options.seed, device="cpu", **TUNED)
    model.learn(total_timesteps=options.steps, callback=watch)
    watch.next = min(watch.next, model.num_timesteps)
    watch.model = model
    watch.look()  # after the last update
    return 0


if __name__ == "__main__":
    sys.exit(main())
