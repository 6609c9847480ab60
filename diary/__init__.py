"""Ebb: a pain diary for the weeks after an infusion, and the worklist on which relief is seen to ebb away."""
