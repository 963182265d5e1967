"""Remedies for class imbalance: what each one does to the rows, to their weights and to the scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal

from skbalagen.balagen.policy import class_sizes

__all__ = [
    "FREE_REMEDIES",
    "SOFT_LABELS",
    "AddRowsPolicy",
    "Remedy",
    "default_remedies",
    "generation_remedies",
]

Cost = Literal["free", "seconds", "minutes"]


@dataclass(frozen=True, kw_only=True)
class AddRowsPolicy:
    """Add the same number of rows to each class, up to the size of the largest class.

    A callable ``y -> {label: rows wanted}``, as `sampling_strategy` takes it.

    Parameters
    ----------
    n_rows : int or None
        Upper bound on the rows added to a class, at least 1; None fills every class up to the largest.

    Examples
    --------
    >>> AddRowsPolicy(n_rows=3)(["a", "b", "b", "c", "c", "c", "c", "c"])
    {'a': 4, 'b': 5, 'c': 5}
    """

    n_rows: int | None = None

    def __post_init__(self) -> None:
        whole = isinstance(self.n_rows, Integral) and not isinstance(self.n_rows, bool)
        if self.n_rows is not None and not (whole and self.n_rows >= 1):
            raise ValueError(
                f"n_rows must be an int >= 1 (rows to add to a class) or None, got {self.n_rows!r}."
            )

    def __call__(self, y: Any) -> dict[Any, int]:
        """Return {label: rows wanted} for the labels `y`, of shape (n_samples,)."""
        sizes = class_sizes(y)
        largest = max(sizes.values())
        added = largest if self.n_rows is None else self.n_rows
        return {label: min(size + added, largest) for label, size in sizes.items()}


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """One way to make a classifier recognise rare classes.

    Parameters
    ----------
    name : str
        What tables call it.
    cost : {"free", "seconds", "minutes"}
        What a fit takes besides the classifier's own. Of remedies that score about the same, the cheaper one is
        chosen.
    label_texts : bool, default=False
        Whether each label in words is one more row of its class, where labels speak.
    class_weights : bool, default=False
        Whether the classes have equal total weight.
    tau : float, default=0.0
        Strength of the logit adjustment; 0 is none.
    generator : str or TextGenerator, default=None
        What writes new rows; None writes none.
    n_rows : int, default=None
        Upper bound on the rows generated per class; None fills each class up to the largest.
    beyond_largest : bool, default=False
        Whether every class gets `n_rows` rows, the largest too.
    distil : bool, default=False
        Whether generated rows have soft labels by a classifier on sentence vectors, rather than labels that
        an ensemble of labelers accepted: see :class:`~skbalagen.RemedyClassifier`.
    generated_weight : float, default=1.0
        Weight of a generated row; a real row has 1.
    """

    name: str
    cost: Cost = "free"
    label_texts: bool = False
    class_weights: bool = False
    tau: float = 0.0
    generator: Any = None
    n_rows: int | None = None
    beyond_largest: bool = False
    distil: bool = False
    generated_weight: float = 1.0


# In the order of preference among those that score about the same: docs/benchmark.md.
FREE_REMEDIES = (
    Remedy(name="label texts + logit adjustment", label_texts=True, tau=1.0),
    Remedy(name="logit adjustment", tau=1.0),
    Remedy(name="label texts + class weights", label_texts=True, class_weights=True),
    Remedy(name="class weights", class_weights=True),
    Remedy(name="none"),
)


def generation_remedies(
    generator: Any,
    *,
    name: str,
    cost: Cost,
    amounts: Mapping[str, tuple[int | None, float]],
    distil: bool = False,
) -> tuple[Remedy, ...]:
    """Return one remedy per amount: generated rows beside label texts and logit adjustment, no copies.

    Parameters
    ----------
    generator : str or TextGenerator
    name : str
        Of the generator, in the tables.
    cost : {"seconds", "minutes"}
    amounts : mapping of str to (int or None, float)
        For each name, the upper bound on generated rows per class and the weight of one.
    distil : bool, default=False
        Whether they have soft labels; then every class gets rows, the largest too.
    """
    return tuple(
        Remedy(
            name=f"{name}, {amount}",
            cost=cost,
            label_texts=True,
            tau=1.0,
            generator=generator,
            n_rows=n_rows,
            beyond_largest=distil,
            distil=distil,
            generated_weight=weight,
        )
        for amount, (n_rows, weight) in amounts.items()
    )


# The language model's texts with soft labels, beside label texts and logit adjustment: docs/benchmark.md.
(SOFT_LABELS,) = generation_remedies(
    "causal-lm",
    name="language model, soft labels",
    cost="minutes",
    amounts={"100 per class": (100, 0.25)},
    distil=True,
)


def default_remedies() -> tuple[Remedy, ...]:
    """Return what ``remedies="auto"`` compares: free remedies, edited rows, and the language model.

    Generated rows stand beside label texts and logit adjustment. The arms are those that the benchmark found best:
    soft labels, and a few accepted rows at half weight (docs/ablations.md).
    """
    return (
        *FREE_REMEDIES,
        *generation_remedies(
            "eda",
            name="word edits, soft labels",
            cost="seconds",
            amounts={"50 per class": (50, 0.25)},
            distil=True,
        ),
        SOFT_LABELS,
        *generation_remedies(
            "causal-lm",
            name="language model",
            cost="minutes",
            amounts={"up to 20 per class, half weight": (20, 0.5)},
        ),
    )
