"""Meta-analytic coactivation modelling: what is co-reported with a seed region."""
