"""Samplers of imbalanced-learn on texts, and over-samplers of vectors in its form."""

from skbalagen.over_sampling.ecrt import ECRT
from skbalagen.over_sampling.extrapolation import GE3, REPRINT
from skbalagen.over_sampling.latent import GANOverSampler, VAEOverSampler
from skbalagen.over_sampling.miso import MISO
from skbalagen.over_sampling.ml_ros import MLROS
from skbalagen.over_sampling.text_sampler import TextSampler

__all__ = ["ECRT", "GE3", "MISO", "MLROS", "REPRINT", "GANOverSampler", "TextSampler", "VAEOverSampler"]
