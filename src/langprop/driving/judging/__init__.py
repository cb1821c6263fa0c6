"""Judging: drives, what goes wrong on them, scores and tables."""
