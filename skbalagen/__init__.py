"""Balance text classification data by generating text.

An implementation of BalaGen (Tepper et al. 2020) as a scikit-learn and imbalanced-learn resampler.
Public names are imported on first use, so that ``import skbalagen`` loads no deep-learning library.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skbalagen.classifiers import EmbeddingClassifier, TransformerClassifier
    from skbalagen.display import BalanceDisplay, CandidateDisplay
    from skbalagen.encoders import SentenceEncoder
    from skbalagen.generators import (
        CausalLMGenerator,
        EDAGenerator,
        MarkovChainGenerator,
        SampleCopyGenerator,
        TextGenerator,
    )
    from skbalagen.labelers import LabelerEnsemble
    from skbalagen.memory import ComponentCache
    from skbalagen.policy import AugmentOnlyPolicy, PercentilePolicy
    from skbalagen.resampler import BalaGenResampler, ShortfallWarning

_MODULE_OF = {
    "AugmentOnlyPolicy": "policy",
    "BalaGenResampler": "resampler",
    "BalanceDisplay": "display",
    "CandidateDisplay": "display",
    "CausalLMGenerator": "generators",
    "ComponentCache": "memory",
    "EDAGenerator": "generators",
    "EmbeddingClassifier": "classifiers",
    "LabelerEnsemble": "labelers",
    "MarkovChainGenerator": "generators",
    "PercentilePolicy": "policy",
    "SampleCopyGenerator": "generators",
    "SentenceEncoder": "encoders",
    "ShortfallWarning": "resampler",
    "TextGenerator": "generators",
    "TransformerClassifier": "classifiers",
}

__version__ = version("skbalagen")
__all__ = [
    "AugmentOnlyPolicy",
    "BalaGenResampler",
    "BalanceDisplay",
    "CandidateDisplay",
    "CausalLMGenerator",
    "ComponentCache",
    "EDAGenerator",
    "EmbeddingClassifier",
    "LabelerEnsemble",
    "MarkovChainGenerator",
    "PercentilePolicy",
    "SampleCopyGenerator",
    "SentenceEncoder",
    "ShortfallWarning",
    "TextGenerator",
    "TransformerClassifier",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(f"skbalagen.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module 'skbalagen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
