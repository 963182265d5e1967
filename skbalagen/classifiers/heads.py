"""Heads of TransformerClassifier: what turns the vector of a text into logits."""

from __future__ import annotations

from skbalagen.classifiers._head import Head
from skbalagen.classifiers._plain_heads import CosineHead, LinearHead
from skbalagen.classifiers._prototype_head import PrototypeHead
from skbalagen.classifiers._set_convolution import SetConvolutionHead
from skbalagen.classifiers._siamese import SiameseHead

__all__ = [
    "HEAD_NAMES",
    "CosineHead",
    "Head",
    "LinearHead",
    "PrototypeHead",
    "SetConvolutionHead",
    "SiameseHead",
    "named_head",
]

_HEADS: dict[str, type[Head]] = {
    head.name: head for head in (LinearHead, CosineHead, PrototypeHead, SetConvolutionHead, SiameseHead)
}
HEAD_NAMES = tuple(_HEADS)


def named_head(name: str) -> Head:
    """Return a new head with its default parameters.

    Parameters
    ----------
    name : str
        One of `HEAD_NAMES`.

    Raises
    ------
    ValueError
        Another name.

    Examples
    --------
    >>> named_head("cosine")
    CosineHead()
    """
    if name not in _HEADS:
        raise ValueError(
            f"head must be a Head or one of {list(HEAD_NAMES)}, got {name!r}. Choose one of them."
        )
    return _HEADS[name]()
