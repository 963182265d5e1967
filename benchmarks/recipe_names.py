"""The recipes that are compared: which candidates become rows, and what these count."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["GROUPS", "RECOMMENDED", "SMALLER", "WORD_EDITS", "Recipe"]


@dataclass(frozen=True)
class Recipe:
    """How rows are made of a pool.

    Attributes
    ----------
    labels : bool
        Whether each label is a row, where labels speak.
    most : int
        Most generated rows of a class.
    upto : int
        Rows, real and generated, that a class grows to.
    weight : float
        Of a generated row.
    select : str
        Which candidates are accepted: "mean" (no other class has a higher mean probability by the labelers),
        "majority", "all", "margin 0.3" (and that far ahead of the next), "words" (the mean of the two labelers that
        read words and characters), "any", or "rest" (no candidates: real rows that the imbalance left out).
    fill : str
        Which classes get rows: "not largest", "below median" or "all".
    targets : str
        "hard", "soft" (the labelers' mean probabilities of accepted candidates), "distilled" (of all candidates), or
        "relabeled" (all candidates, each of its likeliest class and weighted by that probability).
    teacher : str
        Whose probabilities soft targets are: "mean", "meaning" (the sentence encoder) or "words" (words and characters).
    power : float
        To which the probabilities are raised before they are made to add up to 1: above 1, surer targets.
    order : str
        "stream", or "words": those first that bring the most new words.
    ratio : bool
        Whether rows are weighted by how real they look.
    copies : bool
        Whether real rows are copied up to the largest class, as weights.
    """

    labels: bool = True
    most: int = 0
    upto: int = 10_000
    weight: float = 1.0
    select: str = "mean"
    fill: str = "not largest"
    targets: str = "hard"
    teacher: str = "mean"
    power: float = 1.0
    order: str = "stream"
    ratio: bool = False
    copies: bool = False

    @property
    def name(self) -> str:
        """What differs from the defaults."""
        default = Recipe()
        parts = [f"{key}={value}" for key, value in vars(self).items() if value != getattr(default, key)]
        return ", ".join(parts) or "labels alone"


BASE = Recipe(most=20, weight=0.5)
_FEW_SOFT = replace(BASE, fill="all", targets="distilled", teacher="meaning")

GROUPS: dict[str, list[Recipe]] = {
    "free": [Recipe(labels=False), Recipe()],
    "amount": [Recipe(most=n, weight=w) for n in (5, 10, 20, 40, 100) for w in (0.25, 0.5, 1.0)]
    + [Recipe(most=200, upto=100, weight=w) for w in (0.25, 0.5, 1.0)],
    "labels": [replace(BASE, labels=False), Recipe(labels=False, most=100)],
    "select": [
        replace(Recipe(most=n, weight=w), select=s)
        for s in ("majority", "all", "margin 0.2", "margin 0.5", "words", "any")
        for n, w in ((20, 0.5), (100, 1.0))
    ],
    "fill": [
        replace(Recipe(most=n, weight=w), fill=f)
        for f in ("below median", "all")
        for n, w in ((20, 0.5), (100, 1.0))
    ],
    "targets": [
        replace(Recipe(most=n, weight=w), targets=t)
        for t in ("soft", "distilled")
        for n, w in ((20, 0.5), (40, 0.5), (100, 0.5), (100, 1.0))
    ],
    "distilled": [
        replace(Recipe(most=n, weight=w), targets="distilled", **more)
        for n in (100, 200)
        for w in (0.25, 0.5)
        for more in (
            {"fill": "all"},
            {"teacher": "meaning"},
            {"teacher": "words"},
            {"power": 2.0},
            {"power": 0.5},
        )
    ]
    + [Recipe(most=200, weight=w, targets="distilled") for w in (0.1, 0.25, 0.5, 1.0)]
    + [Recipe(most=100, weight=w, targets="distilled") for w in (0.1, 0.25)]
    + [Recipe(most=n, weight=w, targets="distilled") for n in (10, 20) for w in (0.1, 0.25)],
    "whole pool": [
        Recipe(most=200, fill="all", targets="distilled", weight=w, teacher=t, power=p)
        for t in ("mean", "meaning", "words")
        for w in (0.1, 0.25, 0.5, 1.0)
        for p in (1.0, 2.0)
        if t != "words" or p == 1.0
    ],
    "recommended": [
        Recipe(),
        Recipe(most=200, fill="all", targets="distilled", weight=0.5),
        Recipe(most=200, fill="all", targets="distilled", weight=0.25),
        Recipe(most=200, fill="all", targets="distilled", weight=0.5, teacher="meaning"),
        Recipe(most=200, fill="all", targets="distilled", weight=0.25, teacher="meaning"),
        Recipe(most=200, fill="all", targets="distilled", weight=0.5, teacher="words"),
    ],
    "whole pool, no labels": [
        Recipe(labels=False, most=200, fill="all", targets="distilled", weight=w, teacher=t)
        for t in ("mean", "meaning")
        for w in (0.25, 0.5)
    ],
    "relabeled": [
        Recipe(most=n, weight=w, fill=f, targets="relabeled")
        for n, w in ((20, 0.5), (20, 1.0), (200, 0.5))
        for f in ("not largest", "all")
    ],
    "encoder": [
        Recipe(),
        Recipe(most=20, weight=0.5, copies=True),
        Recipe(most=20, weight=0.5),
        Recipe(most=20, weight=0.5, fill="all", targets="relabeled"),
    ],
    # A fit takes as long as it has rows.
    "encoder, soft": [Recipe(), _FEW_SOFT],
    "encoder, many classes": [Recipe(), replace(_FEW_SOFT, most=5)],
    "set_fit": [Recipe(), BASE],
    "set_fit, many classes": [Recipe(), replace(BASE, most=5)],
    "hard": [
        Recipe(copies=True),
        Recipe(most=20, weight=0.5),
        Recipe(most=100),
        Recipe(most=20, weight=0.5, copies=True),
        Recipe(most=20, weight=0.5, select="any"),
        Recipe(most=20, weight=0.5, select="all"),
        Recipe(most=20, weight=0.5, select="words"),
        Recipe(most=20, weight=0.5, select="margin 0.5"),
        Recipe(most=20, weight=0.5, order="words"),
        Recipe(most=20, weight=0.5, ratio=True),
        Recipe(most=20, weight=0.5, targets="soft"),
        Recipe(most=20, weight=0.5, fill="all", targets="relabeled"),
    ],
    "order": [
        Recipe(most=20, weight=0.5, order="words"),
        Recipe(most=20, order="words"),
        Recipe(most=40, order="words"),
    ],
    "ratio": [Recipe(most=20, weight=0.5, ratio=True), Recipe(most=100, ratio=True)],
    "copies": [Recipe(copies=True), Recipe(most=20, weight=0.5, copies=True), Recipe(most=100, copies=True)],
    "oracle": [Recipe(most=n, select="rest") for n in (5, 20, 100)],
}

# One recipe per classifier. The first was fixed on seed 0 of five tasks; those of classifiers that are fine-tuned, whose
# fits take minutes, were fixed without a trial.
_DISTILLED = Recipe(most=200, fill="all", targets="distilled", weight=0.25, teacher="meaning")
RECOMMENDED = {
    "tfidf": _DISTILLED,
    "embedding": _DISTILLED,
    "encoder": _FEW_SOFT,
    "set_fit": BASE,
}
# Where classes are many: the recipe of which it is a smaller form.
SMALLER = {replace(recipe, most=5).name: recipe.name for recipe in (_FEW_SOFT, BASE)}
GROUPS["fixed"] = [Recipe(labels=False), Recipe(), _DISTILLED]
# What skbalagen.compare calls "word edits, soft labels": for pools of word edits.
WORD_EDITS = replace(_DISTILLED, most=50)
GROUPS["word edits"] = [Recipe(), WORD_EDITS]
