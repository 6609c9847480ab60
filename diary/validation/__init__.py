"""The proof: simulated cohorts, the baselines to beat, and the figures of the rules and the forecast on them."""
