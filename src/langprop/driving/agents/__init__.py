"""Agents: who drives: scripts, the expert, and the baselines."""
