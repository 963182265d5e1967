"""Text generators, one per file, all with the interface of :class:`TextGenerator`."""

from skbalagen.generators.base import TextGenerator
from skbalagen.generators.causal_lm import CausalLMGenerator
from skbalagen.generators.eda import EDAGenerator
from skbalagen.generators.markov_chain import MarkovChainGenerator
from skbalagen.generators.nlpaug import NlpaugGenerator, is_nlpaug_augmenter
from skbalagen.generators.row_editing import RowEditingGenerator
from skbalagen.generators.sample_copy import SampleCopyGenerator

__all__ = [
    "CausalLMGenerator",
    "EDAGenerator",
    "MarkovChainGenerator",
    "NlpaugGenerator",
    "RowEditingGenerator",
    "SampleCopyGenerator",
    "TextGenerator",
    "is_nlpaug_augmenter",
]
