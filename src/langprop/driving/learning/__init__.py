"""Learning: a module that drives, and training it while it drives."""
