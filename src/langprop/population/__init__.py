"""The memory: what is known of the scripts.

- `Record`: what a policy did on one sample.
- `Tracker`: records of this step and the decayed past, which make a priority.
- `Policy`: a script and its trackers.
- `Population`: the policies of a module, ranked.
- `selection`: rules that choose parents (`top_k`).
"""

from langprop.population.policy import Policy
from langprop.population.population import Population
from langprop.population.record import CallRecord, Record
from langprop.population.selection import Selection, top_k
from langprop.population.tracker import Tracker

__all__ = ["CallRecord", "Policy", "Population", "Record", "Selection", "Tracker", "top_k"]
