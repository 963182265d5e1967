"""Text generators, one per file, all with the interface of :class:`TextGenerator`, and what a new one needs."""

from skbalagen._utils.random import as_seed, stream_rng, stream_uniforms
from skbalagen.generators.back_translation import BackTranslationGenerator
from skbalagen.generators.base import TextGenerator, check_span_labels
from skbalagen.generators.causal_lm import CausalLMGenerator
from skbalagen.generators.eda import EDAGenerator
from skbalagen.generators.endpoint import EndpointGenerator
from skbalagen.generators.markov_chain import MarkovChainGenerator
from skbalagen.generators.masked_lm import MaskedLMGenerator
from skbalagen.generators.nlpaug import NlpaugGenerator, is_nlpaug_augmenter
from skbalagen.generators.prompt import PromptGenerator
from skbalagen.generators.row_editing import RowEditingGenerator
from skbalagen.generators.sample_copy import SampleCopyGenerator
from skbalagen.generators.sentences import SentenceInsertionGenerator, SentenceShuffleGenerator
from skbalagen.generators.substitution import EmbeddingSubstitutionGenerator
from skbalagen.generators.union import GeneratorUnion

__all__ = [
    "BackTranslationGenerator",
    "CausalLMGenerator",
    "EDAGenerator",
    "EmbeddingSubstitutionGenerator",
    "EndpointGenerator",
    "GeneratorUnion",
    "MarkovChainGenerator",
    "MaskedLMGenerator",
    "NlpaugGenerator",
    "PromptGenerator",
    "RowEditingGenerator",
    "SampleCopyGenerator",
    "SentenceInsertionGenerator",
    "SentenceShuffleGenerator",
    "TextGenerator",
    "as_seed",
    "check_span_labels",
    "is_nlpaug_augmenter",
    "stream_rng",
    "stream_uniforms",
]
