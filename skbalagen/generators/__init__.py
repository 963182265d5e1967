"""Text generators: one file each, all on the contract of :class:`TextGenerator`."""

from skbalagen.generators.base import TextGenerator
from skbalagen.generators.causal_lm import CausalLMGenerator
from skbalagen.generators.eda import EDAGenerator
from skbalagen.generators.markov_chain import MarkovChainGenerator
from skbalagen.generators.sample_copy import SampleCopyGenerator

__all__ = [
    "CausalLMGenerator",
    "EDAGenerator",
    "MarkovChainGenerator",
    "SampleCopyGenerator",
    "TextGenerator",
]
