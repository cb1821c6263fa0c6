"""Policies to compare others with, as scripts: each defines `predict_speed_and_steering`.

- `follower`: follows the route at a constant speed, whatever is there.
- `copycat`: does what it does already. It looks good on recorded data and never starts driving.
"""
