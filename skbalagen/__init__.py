"""Balance text classification data by generating text.

An implementation of BalaGen (Tepper et al. 2020) as a scikit-learn and imbalanced-learn resampler.
Public names are imported on first use, so that ``import skbalagen`` loads no deep-learning library.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skbalagen.balagen.labelers import LabelerEnsemble
    from skbalagen.balagen.leak_gate import LeakGate
    from skbalagen.balagen.policy import AugmentOnlyPolicy, PercentilePolicy
    from skbalagen.balagen.resampler import BalaGenResampler
    from skbalagen.balagen.sample_quality import SampleQualityPolicy
    from skbalagen.balagen.shortfall import ShortfallWarning
    from skbalagen.balagen.text_quality import TextRules
    from skbalagen.balagen.weak_classes import WeakClassPolicy
    from skbalagen.cache.component_cache import ComponentCache
    from skbalagen.classifiers.embedding import EmbeddingClassifier
    from skbalagen.classifiers.label_texts import LabelTextOverSampler
    from skbalagen.classifiers.logit_adjustment import LogitAdjustedClassifier
    from skbalagen.classifiers.self_training import BalancedSelfTrainingClassifier
    from skbalagen.classifiers.set_fit import SetFitClassifier
    from skbalagen.classifiers.transformer import TransformerClassifier
    from skbalagen.compare import Remedy, RemedyClassifier, RemedySearchCV
    from skbalagen.encoders import SentenceEncoder
    from skbalagen.generators import (
        BackTranslationGenerator,
        CausalLMGenerator,
        EDAGenerator,
        EmbeddingSubstitutionGenerator,
        EndpointGenerator,
        GeneratorUnion,
        MarkovChainGenerator,
        MaskedLMGenerator,
        NlpaugGenerator,
        PromptGenerator,
        SampleCopyGenerator,
        SentenceInsertionGenerator,
        SentenceShuffleGenerator,
        TextGenerator,
    )
    from skbalagen.over_sampling import (
        ECRT,
        GE3,
        MISO,
        MLROS,
        REPRINT,
        GANOverSampler,
        TextSampler,
        VAEOverSampler,
    )
    from skbalagen.report.display import BalanceDisplay, CandidateDisplay

_MODULE_OF = {
    "ECRT": "over_sampling",
    "GE3": "over_sampling",
    "MISO": "over_sampling",
    "MLROS": "over_sampling",
    "REPRINT": "over_sampling",
    "AugmentOnlyPolicy": "balagen.policy",
    "BackTranslationGenerator": "generators",
    "BalaGenResampler": "balagen.resampler",
    "BalanceDisplay": "report.display",
    "BalancedSelfTrainingClassifier": "classifiers.self_training",
    "CandidateDisplay": "report.display",
    "CausalLMGenerator": "generators",
    "ComponentCache": "cache",
    "EDAGenerator": "generators",
    "EmbeddingClassifier": "classifiers",
    "EmbeddingSubstitutionGenerator": "generators",
    "EndpointGenerator": "generators",
    "GANOverSampler": "over_sampling",
    "GeneratorUnion": "generators",
    "LabelTextOverSampler": "classifiers",
    "LabelerEnsemble": "balagen.labelers",
    "LeakGate": "balagen.leak_gate",
    "LogitAdjustedClassifier": "classifiers",
    "MarkovChainGenerator": "generators",
    "MaskedLMGenerator": "generators",
    "NlpaugGenerator": "generators",
    "PercentilePolicy": "balagen.policy",
    "PromptGenerator": "generators",
    "Remedy": "compare",
    "RemedyClassifier": "compare",
    "RemedySearchCV": "compare",
    "SampleCopyGenerator": "generators",
    "SampleQualityPolicy": "balagen.sample_quality",
    "SentenceEncoder": "encoders",
    "SentenceInsertionGenerator": "generators",
    "SentenceShuffleGenerator": "generators",
    "SetFitClassifier": "classifiers",
    "ShortfallWarning": "balagen.shortfall",
    "TextGenerator": "generators",
    "TextRules": "balagen.text_quality",
    "TextSampler": "over_sampling",
    "TransformerClassifier": "classifiers",
    "VAEOverSampler": "over_sampling",
    "WeakClassPolicy": "balagen.weak_classes",
}

__version__ = version("skbalagen")
__all__ = [
    "ECRT",
    "GE3",
    "MISO",
    "MLROS",
    "REPRINT",
    "AugmentOnlyPolicy",
    "BackTranslationGenerator",
    "BalaGenResampler",
    "BalanceDisplay",
    "BalancedSelfTrainingClassifier",
    "CandidateDisplay",
    "CausalLMGenerator",
    "ComponentCache",
    "EDAGenerator",
    "EmbeddingClassifier",
    "EmbeddingSubstitutionGenerator",
    "EndpointGenerator",
    "GANOverSampler",
    "GeneratorUnion",
    "LabelTextOverSampler",
    "LabelerEnsemble",
    "LeakGate",
    "LogitAdjustedClassifier",
    "MarkovChainGenerator",
    "MaskedLMGenerator",
    "NlpaugGenerator",
    "PercentilePolicy",
    "PromptGenerator",
    "Remedy",
    "RemedyClassifier",
    "RemedySearchCV",
    "SampleCopyGenerator",
    "SampleQualityPolicy",
    "SentenceEncoder",
    "SentenceInsertionGenerator",
    "SentenceShuffleGenerator",
    "SetFitClassifier",
    "ShortfallWarning",
    "TextGenerator",
    "TextRules",
    "TextSampler",
    "TransformerClassifier",
    "VAEOverSampler",
    "WeakClassPolicy",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(f"skbalagen.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module 'skbalagen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
