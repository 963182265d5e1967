"""Samplers of imbalanced-learn on texts."""

from skbalagen.over_sampling.text_sampler import TextSampler

__all__ = ["TextSampler"]
