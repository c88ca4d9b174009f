"""How far a result depends on the experiments that happen to be there."""
