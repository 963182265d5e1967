"""The remedies that a TransformerClassifier is given: from names to objects, and which do not go together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone

from skbalagen.classifiers.heads import Head, named_head
from skbalagen.classifiers.row_samplers import RowSampler, named_sampler
from skbalagen.classifiers.stages import Stage, named_stages
from skbalagen.classifiers.token_augmentation import TextCut
from skbalagen.losses import named_loss

__all__ = ["Remedies", "check_after_fit", "resolve_remedies"]

_LINK_OF = {"softmax": "one label per row", "sigmoid": "an indicator matrix, one column per label"}
_LOSS_FOR = {"softmax": "cross-entropy", "sigmoid": "binary-cross-entropy"}


@dataclass
class Remedies:
    """Objects for the parameters of a classifier.

    Attributes
    ----------
    head : Head
        A clone, not yet built.
    stages : list of Stage
        At least one; the loss is a Loss and the sampler a RowSampler or None, each a clone.
    augment : TextCut or None
    """

    head: Head
    stages: list[Stage]
    augment: TextCut | None

    @property
    def link(self) -> str:
        """Which kind of target the losses learn: "softmax" or "sigmoid"."""
        return self.stages[0].loss.link  # type: ignore[union-attr]

    @property
    def draws_rows(self) -> bool:
        """Whether a stage takes other rows than each row once per epoch."""
        return any(stage.sampler is not None or stage.rows is not None for stage in self.stages)

    @property
    def needs_scores(self) -> bool:
        """Whether a sampler asks how well the classes are learned."""
        return any(stage.sampler is not None and stage.sampler.needs_scores for stage in self.stages)  # type: ignore[union-attr]


def resolve_remedies(classifier: Any, *, indicator: bool, classes: np.ndarray) -> Remedies:
    """Return the remedies of a classifier, or refuse what cannot work, before any work.

    Parameters
    ----------
    classifier : TransformerClassifier
    indicator : bool
        Whether y is an indicator matrix.
    classes : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError
        A name that is not known, or parameters that do not go together.
    """
    head = _made(classifier.head, named_head)
    stages = _stages(classifier)
    augment = TextCut() if classifier.augment == "textcut" else classifier.augment
    remedies = Remedies(head, stages, None if augment is None else clone(augment))
    for stage in stages:
        _check_loss(stage.loss, head, indicator=indicator)
    _check_head(classifier, head, indicator=indicator)
    if remedies.augment is not None:
        _check_augment(classifier, remedies.augment, indicator=indicator)
    if indicator and any(stage.rows is not None and not callable(stage.rows) for stage in stages):
        raise ValueError(
            "Sequential targeting balances classes, which needs one label per row, got an indicator y with "
            f"stages={classifier.stages!r}. Use a row sampler such as 'repeat-factor'."
        )
    if classifier.catch_all is not None and (indicator or classifier.catch_all not in classes.tolist()):
        got = "an indicator y" if indicator else f"the classes {classes.tolist()[:10]!r}"
        raise ValueError(
            f"catch_all must be a class of y, got catch_all={classifier.catch_all!r} and {got}. Name the class of "
            "everything else, or leave it out."
        )
    check_after_fit(classifier, head, [stage.loss for stage in stages], indicator=indicator)
    return remedies


def check_after_fit(classifier: Any, head: Head, losses: Sequence[Any], *, indicator: bool) -> None:
    """Refuse a `tau` or a `logit_adjustment` that cannot work: both can be changed after the fit.

    Raises
    ------
    ValueError
        The head has no weight per class, the loss has adjusted the logits already, or y is an indicator matrix.
    """
    if classifier.tau > 0 and head.name != "linear":
        raise ValueError(
            f"tau must be 0 unless head='linear', whose weights it normalises, got tau={classifier.tau} with "
            f"head={head.name!r}. Set tau=0, or take the linear head."
        )
    if classifier.logit_adjustment > 0 and any(loss.adjusts_logits for loss in losses):
        raise ValueError(
            "logit_adjustment must be 0 with the logit-adjusted loss, which adjusts in training, got "
            f"logit_adjustment={classifier.logit_adjustment}. Use one of the two."
        )
    if classifier.logit_adjustment > 0 and indicator:
        raise ValueError(
            "logit_adjustment compares the classes of a row, which needs one label per row, got an indicator y with "
            f"logit_adjustment={classifier.logit_adjustment}. Use class_weight or a sampler."
        )


def _made(given: Any, named: Callable[[str], Any]) -> Any:
    """Return a new object for a name, or a clone of the one given."""
    return named(given) if isinstance(given, str) else clone(given)


def _stages(classifier: Any) -> list[Stage]:
    """Return the stages with everything that they do not say filled in from the classifier."""
    given = classifier.stages
    if given == "drw" and classifier.class_weight is not None:
        raise ValueError(
            "stages='drw' weights the classes itself, in its last stage, got "
            f"class_weight={classifier.class_weight!r} besides. Leave it out, or give a list of Stage."
        )
    stages = [Stage()] if given is None else list(named_stages(given) if isinstance(given, str) else given)
    if not stages or not all(isinstance(stage, Stage) for stage in stages):
        raise ValueError(f"stages must be a list of at least one Stage, got {given!r}. Use a name or None.")
    if stages[0].penalty > 0:
        raise ValueError(
            f"The first stage must have no penalty, since no stage is before it, got {stages[0].penalty}. Set it in a "
            "later stage."
        )
    return [
        replace(
            stage,
            loss=_made(stage.loss or classifier.loss, named_loss),
            sampler=_sampler(stage.sampler or classifier.sampler),
            class_weight=classifier.class_weight if stage.class_weight is None else stage.class_weight,
        )
        for stage in stages
    ]


def _sampler(given: str | RowSampler | None) -> RowSampler | None:
    return None if given is None else _made(given, named_sampler)


def _check_loss(loss: Any, head: Head, *, indicator: bool) -> None:
    link = "sigmoid" if indicator else "softmax"
    name = type(loss).__name__
    if loss.link != link:
        raise ValueError(
            f"{name} learns {_LINK_OF[loss.link]}, got y with {_LINK_OF[link]}. Use loss={_LOSS_FOR[link]!r} or "
            f"another {link} loss."
        )
    if loss.required_head not in (None, head.name):
        raise ValueError(
            f"{name} needs head={loss.required_head!r}, got head={head.name!r}. Set the head, or choose another loss."
        )
    scales = [getattr(part, "scale", None) for part in (loss, head)]
    if loss.required_head is not None and None not in scales and scales[0] != scales[1]:
        raise ValueError(
            f"{name} must have the scale of the {head.name} head, got {scales[0]} and {scales[1]}. Set both alike."
        )


def _check_head(classifier: Any, head: Head, *, indicator: bool) -> None:
    link = "sigmoid" if indicator else "softmax"
    if head.required_link not in (None, link):
        raise ValueError(
            f"head={head.name!r} learns {_LINK_OF[head.required_link or link]}, got y with {_LINK_OF[link]}. Choose "
            "another head."
        )
    if head.needs_frozen_encoder and not classifier.freeze_encoder:
        raise ValueError(
            f"head={head.name!r} needs vectors that do not change, got freeze_encoder=False. Set freeze_encoder=True."
        )
    if classifier.bias_init is not None and not head.supports_bias:
        raise ValueError(
            f"bias_init={classifier.bias_init!r} needs a head with a bias, got head={head.name!r}. Use "
            "head='linear', or leave it out."
        )


def _check_augment(classifier: Any, augment: TextCut, *, indicator: bool) -> None:
    if classifier.freeze_encoder:
        raise ValueError(
            "augment changes token vectors in training, which a frozen encoder does not have, got "
            f"augment={classifier.augment!r} with freeze_encoder=True. Drop one of the two."
        )
    if indicator:
        raise ValueError(
            f"augment={classifier.augment!r} needs one label per row, got an indicator y. Leave it out."
        )
    augment.check()
