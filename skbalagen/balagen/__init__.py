"""BalaGen (Tepper et al. 2020): the resampler and the six steps of its algorithm."""
