"""The recipe of the paper in one call."""

from __future__ import annotations

from typing import Any

from skbalagen.balagen.labelers import LabelerEnsemble
from skbalagen.classifiers.transformer import TransformerClassifier
from skbalagen.generators.causal_lm import CausalLMGenerator

__all__ = ["paper_parameters"]


def paper_parameters(
    *,
    generator_model: str = "gpt2-medium",
    labeler_model: str = "bert-base-uncased",
    generator_epochs: int = 10,
    generator_learning_rate: float = 1e-4,
    labeler_epochs: int = 10,
    labeler_learning_rate: float = 2e-5,
    max_tokens: int = 100,
    random_state: Any = None,
    **parameters: Any,
) -> dict[str, Any]:
    """Return the parameters of BalaGenResampler that are the paper's own recipe.

    Policy E, GPT-2 medium with all weights trained on D_S in batches of 10, three BERT labelers trained on D_S
    with other seeds, double voting of all three, everything generated, and at most three times as many
    candidates as the largest class has rows (Tepper et al. 2020, Algorithm 1).

    Parameters
    ----------
    generator_model, labeler_model : str
        Hub ids, or folders with safetensors.
    generator_epochs : int, default=10
        Not verified: the paper has a number per data set (Tables 8 and 9).
    generator_learning_rate : float, default=1e-4
        The paper's.
    labeler_epochs : int, default=10
        Not verified, as `generator_epochs`.
    labeler_learning_rate : float, default=2e-5
        Not verified: usual for BERT.
    max_tokens : int, default=100
        The paper's: longest text, in tokens.
    random_state : int, RandomState instance or None, default=None
        Of the resampler; generator and labelers derive theirs from it.
    **parameters
        Others of BalaGenResampler. The defaults are ``beta_low=80``, ``beta_high=5`` (policy E; the paper chooses
        the betas on validation rows), ``generated_share=1.0``, ``max_candidates=3.0``,
        ``text_rules=[]`` and ``balance_training="both"``.

    Returns
    -------
    dict
        Of parameters.

    References
    ----------
    Tepper et al. (2020), "Balancing via Generation for Multi-Class Text Classification Improvement",
    Findings of EMNLP.

    Examples
    --------
    >>> parameters = paper_parameters(random_state=0)
    >>> parameters["generator"].model, parameters["labelers"].voting, parameters["max_candidates"]
    ('gpt2-medium', 'all', 3.0)
    """
    generator = CausalLMGenerator(
        model=generator_model,
        epochs=generator_epochs,
        learning_rate=generator_learning_rate,
        lora_rank=None,
        batch_size=10,
        max_tokens=max_tokens,
        label_as_text=False,
        # D_S as it is: every copy of a row is read, and every row of a class.
        max_copies=None,
        max_rows=10**9,
    )
    labelers = [
        TransformerClassifier(
            model=labeler_model,
            epochs=labeler_epochs,
            learning_rate=labeler_learning_rate,
            max_tokens=max_tokens,
        )
        for _ in range(3)
    ]
    recipe = {
        "sampling_strategy": "auto",
        "beta_low": 80,
        "beta_high": 5,
        "generator": generator,
        "labelers": LabelerEnsemble(estimators=labelers, voting="all"),
        "balance_training": "both",
        "generated_share": 1.0,
        "max_candidates": 3.0,
        "text_rules": [],
        "random_state": random_state,
    }
    return recipe | parameters
