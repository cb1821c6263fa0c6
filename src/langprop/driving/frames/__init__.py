"""Frames: what is recorded of drives, kept in datasets and drawn from a replay buffer."""
