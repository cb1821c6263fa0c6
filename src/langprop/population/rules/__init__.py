"""The selection rules beside the paper's `top_k`, one in each file.

- `tournament.Tournament`: the best of some that are drawn; each policy has a chance.
- `pareto.Pareto`: whoever is best on some sample survives and may become a parent.
- `confident.Confident`: what may be luck is tested on more samples before it decides.
- `islands.Islands`: several populations in one, with migration between neighbours.
- `novelty.Novelty`: of near-copies only the best survives; `likeness` compares source as text.
- `comparison.Comparison`: what policies are worth, and how sure that is, from common samples.
- `front.fronts`: the policies that no other beats in all objectives.
- `score_table.score_table`: the scores of several policies, sample by sample.
- `archive.Archive`: the best of each kind (MAP-Elites); needs the extra `qd`.
"""
